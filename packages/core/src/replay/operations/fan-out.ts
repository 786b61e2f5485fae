import { CancelledError } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { beginsInTurn, type CheckedBranch } from "./branch.js";
import { BranchSet } from "./branch-set.js";
import { WINDING_DOWN } from "./runtime-operation.js";

export interface FanOutPlan {
  readonly count: number;
  /** How many branches run at once. */
  readonly concurrency: number;
  /** The branch of that place, asked for when its time has come; what it throws is the failure of that place. */
  readonly branch: (index: number) => CheckedBranch;
  /** Told of each branch as it ends, in the order of acceptance. An outcome that it returns ends the fan-out. */
  readonly settled: (index: number, outcome: Outcome) => Outcome | undefined;
  /** What it comes to when every branch has ended. */
  readonly result: () => Outcome;
}

/** Many branches under one operation: starts them in order, at most so many at once, until all have ended. */
export class FanOut {
  private readonly branches: BranchSet;
  private next = 0;
  private isStarting = false;
  private isOver = false;
  /** How it ends once the branches that were cancelled have cleaned up. */
  private verdict: Outcome | undefined;

  constructor(
    runtime: Runtime,
    private readonly plan: FanOutPlan,
    private readonly settle: (outcome: Outcome) => void,
  ) {
    this.branches = new BranchSet(runtime, (index, outcome) => this.settled(index, outcome));
  }

  /** Starts what may start. A loop, not a recursion: any number of branches may settle while they start. */
  advance(): void {
    if (this.isStarting || this.isOver) return;
    this.isStarting = true;
    let inTurn = false;
    while (!this.hasEnded() && this.next < this.plan.count && this.branches.size < this.plan.concurrency) {
      inTurn = this.startNext(inTurn);
    }
    this.isStarting = false;
    if (!this.hasEnded() && this.branches.size === 0) this.finish(this.plan.result());
  }

  /** From outside. The code that awaits sees a `CancelledError`, or what the clean-up of a branch threw. */
  cancel(reason?: string): typeof WINDING_DOWN | undefined {
    if (this.verdict !== undefined) {
      // It ends by its own policy already; the code sees that first.
      const cancellation = this.verdict.cancellation ?? cancelled(reason);
      this.verdict = { ...this.verdict, cancellation };
      return WINDING_DOWN;
    }
    this.isOver = true;
    return this.branches.cancel(reason, (cleanUpFailure) =>
      this.settle(cleanUpFailure ?? { ok: false, error: cancelled(reason) }),
    );
  }

  private startNext(inTurn: boolean): boolean {
    const index = this.next++;
    let branch: CheckedBranch;
    try {
      branch = this.plan.branch(index);
    } catch (error) {
      this.settled(index, { ok: false, error });
      return inTurn;
    }
    this.branches.start(index, branch, { inTurn });
    return inTurn || beginsInTurn(branch);
  }

  private settled(index: number, outcome: Outcome): void {
    const verdict = this.plan.settled(index, outcome);
    if (verdict === undefined) this.advance();
    else this.endEarly(verdict);
  }

  private endEarly(verdict: Outcome): void {
    this.isOver = true;
    this.verdict = verdict;
    const reason = "another branch of its fan-out failed, and no more failures are tolerated";
    const reply = this.branches.cancel(reason, () => this.settle(this.verdict ?? verdict));
    if (reply !== WINDING_DOWN) this.settle(verdict);
  }

  private finish(outcome: Outcome): void {
    this.isOver = true;
    this.settle(outcome);
  }

  /** A function, because branches end the fan-out while they start. */
  private hasEnded(): boolean {
    return this.isOver;
  }
}

function cancelled(reason = "the operation was cancelled"): CancelledError {
  return new CancelledError(reason);
}
