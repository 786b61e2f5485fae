import { InvalidArgumentError } from "@heddle/protocol";
import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { checkedBranches, type CheckedBranch, inTurn, startBranch } from "./branch.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/**
 * `ctx.race`: the first branch to settle wins. Branches start in order; one that settles while it starts wins at
 * once and the later ones are never started. Losers are cancelled before the code goes on.
 */
export class RaceOperation extends RuntimeOperation<unknown> {
  private readonly branches: readonly CheckedBranch[];

  constructor(branches: readonly Branch<unknown>[]) {
    super();
    this.branches = checkedBranches("race", branches);
    if (branches.length === 0) {
      throw new InvalidArgumentError("race got no branches, so nothing could ever win it; pass at least one");
    }
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const running = new Map<number, Cancel>();
    let over = false;
    const cancelAll = (): void => {
      over = true;
      for (const cancel of running.values()) cancel();
      running.clear();
    };
    for (const [index, branch] of inTurn(this.branches).entries()) {
      const cancel = startBranch(runtime, branch, (outcome) => {
        running.delete(index);
        if (over) return;
        cancelAll();
        settle(outcome);
      });
      if (isOver()) break;
      running.set(index, cancel);
    }
    return cancelAll;

    // A function, because the branches above change `over` while they start.
    function isOver(): boolean {
      return over;
    }
  }
}
