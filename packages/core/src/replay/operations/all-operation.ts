import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { beginsInTurn, checkedBranches, type CheckedBranch } from "./branch.js";
import { FanOut } from "./fan-out.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";
import { settledOf } from "./settled-outcome.js";

/**
 * `ctx.all` and `ctx.allSettled`: every branch to its end, then all values in order or the failure that came first;
 * or, when `settled`, how each branch ended.
 */
export class AllOperation extends RuntimeOperation<unknown> {
  override readonly spawns: boolean;
  private readonly branches: readonly CheckedBranch[];

  constructor(
    branches: readonly Branch<unknown>[],
    private readonly options: { readonly settled: boolean } = { settled: false },
  ) {
    super();
    this.branches = checkedBranches(options.settled ? "allSettled" : "all", branches);
    this.spawns = this.branches.some(beginsInTurn);
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { branches, options } = this;
    const values: unknown[] = branches.map(() => undefined);
    let firstFailure: Outcome | undefined;
    const fanOut = new FanOut(
      runtime,
      {
        count: branches.length,
        concurrency: branches.length,
        branch: (index) => branchAt(branches, index),
        settled: (index, outcome) => {
          if (options.settled) values[index] = settledOf(outcome);
          else if (outcome.ok) values[index] = outcome.value;
          else firstFailure ??= outcome;
          return undefined;
        },
        result: () => firstFailure ?? { ok: true, value: values },
      },
      settle,
    );
    fanOut.advance();
    return (reason) => fanOut.cancel(reason);
  }
}

function branchAt(branches: readonly CheckedBranch[], index: number): CheckedBranch {
  const branch = branches[index];
  if (branch === undefined) throw new RangeError(`there is no branch ${index}`);
  return branch;
}
