import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { checkedBranches, type CheckedBranch, inTurn, startBranch } from "./branch.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** `ctx.all`: every branch to its end, then all values in order or the failure that came first. */
export class AllOperation extends RuntimeOperation<unknown> {
  private readonly branches: readonly CheckedBranch[];

  constructor(branches: readonly Branch<unknown>[]) {
    super();
    this.branches = checkedBranches("all", branches);
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const values: unknown[] = this.branches.map(() => undefined);
    const open = new Map<number, Cancel | undefined>(
      this.branches.map((_branch, index) => [index, undefined]),
    );
    let firstFailure: Outcome | undefined;
    let cancelled = false;
    const finishWhenDone = (): void => {
      if (open.size === 0) settle(firstFailure ?? { ok: true, value: values });
    };
    if (this.branches.length === 0) finishWhenDone();
    for (const [index, branch] of inTurn(this.branches).entries()) {
      const cancel = startBranch(runtime, branch, (outcome) => {
        if (cancelled) return;
        open.delete(index);
        if (outcome.ok) values[index] = outcome.value;
        else firstFailure ??= outcome;
        finishWhenDone();
      });
      if (open.has(index)) open.set(index, cancel);
    }
    return () => {
      cancelled = true;
      for (const cancel of open.values()) cancel?.();
      open.clear();
    };
  }
}
