import { CancelledError } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type CheckedBranch, startBranch } from "./branch.js";
import { type Cancel, RuntimeOperation, WINDING_DOWN } from "./runtime-operation.js";

/**
 * Branches that run side by side under one operation. Each start and each end costs the same however many there are.
 * Once cancelled, the set tells the end of no branch, only its own: when every branch has cleaned up.
 */
export class BranchSet {
  private readonly running = new Map<number, Cancel | undefined>();
  private cleanUpFailure: Outcome | undefined;
  private whenEmpty: ((cleanUpFailure: Outcome | undefined) => void) | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly settled: (index: number, outcome: Outcome) => void,
  ) {}

  get size(): number {
    return this.running.size;
  }

  /**
   * Starts a branch, which may settle before this returns. `inTurn`: one of the branches before it begins only after
   * the code that is running now, so it waits for its turn too; of two waits for a signal the earlier branch is first.
   */
  start(index: number, branch: CheckedBranch, { inTurn }: { readonly inTurn: boolean }): void {
    const waits = inTurn && branch instanceof RuntimeOperation;
    this.running.set(index, undefined);
    const started = waits ? branch[Symbol.iterator]() : branch;
    const cancel = startBranch(this.runtime, started, (outcome) => this.end(index, outcome));
    if (this.running.has(index)) this.running.set(index, cancel);
  }

  /**
   * Cancels every branch. When some have to clean up, it returns `WINDING_DOWN` and calls `whenEmpty` after the last,
   * with the first failure of a clean-up that is no cancellation.
   */
  cancel(
    reason: string | undefined,
    whenEmpty: (cleanUpFailure: Outcome | undefined) => void,
  ): typeof WINDING_DOWN | undefined {
    this.whenEmpty = whenEmpty;
    for (const [index, cancel] of this.running) {
      if (cancel?.(reason) !== WINDING_DOWN) this.running.delete(index);
    }
    return this.running.size === 0 ? undefined : WINDING_DOWN;
  }

  private end(index: number, outcome: Outcome): void {
    if (!this.running.delete(index)) return;
    if (this.whenEmpty === undefined) {
      this.settled(index, outcome);
      return;
    }
    if (!outcome.ok && !(outcome.error instanceof CancelledError)) this.cleanUpFailure ??= outcome;
    if (this.running.size === 0) this.whenEmpty(this.cleanUpFailure);
  }
}
