import { CancelledError, InvalidArgumentError } from "@heddle/protocol";
import { startGuarded } from "./operations/branch.js";
import { type Cancel, RuntimeOperation } from "./operations/runtime-operation.js";
import type { Outcome } from "./outcome.js";
import type { AnyGenerator, Runtime, Strand } from "./runtime.js";

/**
 * One generator of a run: the workflow itself, or a branch of `all` and `race`. The machine runs one fiber at a
 * time until it awaits the next operation, so the order of decisions does not depend on how promises interleave.
 */
export class Fiber implements Strand {
  private state: "unstarted" | "scheduled" | "awaiting" | "finished" = "unstarted";
  private cancelCurrent: Cancel | undefined;
  /** A cancellation that came while an outcome was already on its way to the code. */
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
   */
  cancel(runtime: Runtime, reason = "the operation lost a race or its run was cancelled"): void {
    switch (this.state) {
      case "finished":
        return;
      case "unstarted":
        this.state = "finished";
        return;
      case "scheduled":
        this.cancelNext = new CancelledError(reason);
        return;
      case "awaiting":
        this.cancelCurrent?.();
        this.resume(runtime, { ok: false, error: new CancelledError(reason) });
    }
  }

  private await(runtime: Runtime, awaited: unknown): void {
    if (this.cancelNext !== undefined) {
      const error = this.cancelNext;
      this.cancelNext = undefined;
      this.resume(runtime, { ok: false, error });
      return;
    }
    if (!(awaited instanceof RuntimeOperation)) {
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
      this.resume(runtime, outcome);
    });
    // The operation may have settled while it started; then there is nothing to cancel.
    if (isSettled()) return;
    this.cancelCurrent = () => {
      settled = true;
      cancel();
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
    this.settle(outcome);
  }
}
