import { CancelledError, InvalidArgumentError } from "@heddle/protocol";
import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { beginsInTurn, checkedBranches, type CheckedBranch } from "./branch.js";
import { BranchSet } from "./branch-set.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/**
 * `ctx.race`: the first branch to settle wins. Branches start in order; one that settles while it starts wins at
 * once and the later ones are never started. Losers are cancelled before the code goes on; it does not wait for
 * their clean-up.
 */
export class RaceOperation extends RuntimeOperation<unknown> {
  override readonly spawns: boolean;
  private readonly branches: readonly CheckedBranch[];

  constructor(branches: readonly Branch<unknown>[]) {
    super();
    this.branches = checkedBranches("race", branches);
    if (branches.length === 0) {
      throw new InvalidArgumentError("race got no branches, so nothing could ever win it; pass at least one");
    }
    this.spawns = this.branches.some(beginsInTurn);
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    let isOver = false;
    const running = new BranchSet(runtime, (_index, outcome) => {
      isOver = true;
      running.cancel("the branch lost a race", () => undefined);
      settle(outcome);
    });
    let inTurn = false;
    for (const [index, branch] of this.branches.entries()) {
      running.start(index, branch, { inTurn });
      if (hasWinner()) break;
      inTurn ||= beginsInTurn(branch);
    }
    return (reason) =>
      running.cancel(reason, (cleanUpFailure) =>
        settle(
          cleanUpFailure ?? { ok: false, error: new CancelledError(reason ?? "the race was cancelled") },
        ),
      );

    // A function, because the branches above end the race while they start.
    function hasWinner(): boolean {
      return isOver;
    }
  }
}
