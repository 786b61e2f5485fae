import { CancelledError, InvalidArgumentError } from "@heddle/protocol";
import { startGuarded } from "./operations/branch.js";
import { type Cancel, RuntimeOperation, WINDING_DOWN } from "./operations/runtime-operation.js";
import type { Outcome } from "./outcome.js";
import type { AnyGenerator, Runtime, Strand } from "./runtime.js";

/**
 * One generator of a run: the workflow itself, or a branch of `all` and `race`. The machine runs one fiber at a
 * time until it awaits the next operation, so the order of decisions does not depend on how promises interleave.
 */
export class Fiber implements Strand {
  private state: "unstarted" | "scheduled" | "awaiting" | "finished" = "unstarted";
  private cancelCurrent: Cancel | undefined;
  private isCancelled = false;
  /** A cancellation that the code has not seen: it came while an outcome was on its way, or inside a shield. */
  private cancelNext: CancelledError | undefined;

  constructor(
    private readonly generator: AnyGenerator,
    private readonly settle: (outcome: Outcome) => void,
  ) {}

  /** Runs the code with the outcome of what it awaited, up to its next operation or its end. */
  advance(runtime: Runtime, input: Outcome): Promise<void> | undefined {
    if (this.state === "finished") return undefined;
    this.state = "awaiting";
    let step: IteratorResult<unknown, unknown> | Promise<IteratorResult<unknown, unknown>>;
    try {
      step = input.ok ? this.generator.next(input.value) : this.generator.throw(input.error);
    } catch (error) {
      this.finish({ ok: false, error });
      return undefined;
    }
    if (!(step instanceof Promise)) {
      this.stepped(runtime, step);
      return undefined;
    }
    return step.then(
      (next) => this.stepped(runtime, next),
      (error: unknown) => this.finish({ ok: false, error }),
    );
  }

  private stepped(runtime: Runtime, next: IteratorResult<unknown, unknown>): void {
    if (next.done === true) this.finish({ ok: true, value: next.value });
    else this.await(runtime, next.value);
  }

  /**
   * Ends what the code awaits and throws a `CancelledError` there; clean-up code may go on awaiting. Code that has
   * not begun never runs. Code that is about to see an outcome sees it first, so that nothing consumed is lost.
   * Code that awaits other code (a scope, an `all`) sees how that ended, once it has cleaned up. A fiber is cancelled
   * at most once, so that nothing disturbs its clean-up.
   */
  cancel(
    runtime: Runtime,
    reason = "the operation lost a race or its run was cancelled",
  ): typeof WINDING_DOWN | undefined {
    switch (this.state) {
      case "finished":
        return undefined;
      case "unstarted":
        this.state = "finished";
        return undefined;
      case "scheduled":
        if (!this.isCancelled) this.cancelNext = new CancelledError(reason);
        break;
      case "awaiting":
        if (!this.isCancelled && this.cancelCurrent?.(reason) !== WINDING_DOWN) {
          this.resume(runtime, { ok: false, error: new CancelledError(reason) });
        }
    }
    this.isCancelled = true;
    return WINDING_DOWN;
  }

  private await(runtime: Runtime, awaited: unknown): void {
    const isOperation = awaited instanceof RuntimeOperation;
    if (this.cancelNext !== undefined && !(isOperation && awaited.shielded)) {
      const error = this.cancelNext;
      this.cancelNext = undefined;
      this.resume(runtime, { ok: false, error });
      return;
    }
    if (!isOperation) {
      const error = new InvalidArgumentError(
        "workflow code yielded something that is no operation of ctx; use yield* ctx.run(…), yield* ctx.sleep(…) and so on",
      );
      this.resume(runtime, { ok: false, error });
      return;
    }
    let settled = false;
    const cancel = startGuarded(runtime, awaited, (outcome) => {
      if (settled) return;
      settled = true;
      this.cancelNext ??= outcome.cancellation;
      this.resume(runtime, outcome);
    });
    // The operation may have settled while it started; then there is nothing to cancel.
    if (isSettled()) return;
    this.cancelCurrent = (reason) => {
      const reply = cancel(reason);
      if (reply !== WINDING_DOWN) settled = true;
      return reply;
    };

    // A function, because the compiler does not see the callback above change `settled`.
    function isSettled(): boolean {
      return settled;
    }
  }

  private resume(runtime: Runtime, outcome: Outcome): void {
    this.cancelCurrent = undefined;
    this.state = "scheduled";
    runtime.schedule(this, outcome);
  }

  private finish(outcome: Outcome): void {
    this.state = "finished";
    const { cancelNext } = this;
    this.settle(cancelNext === undefined ? outcome : { ...outcome, cancellation: cancelNext });
  }
}
