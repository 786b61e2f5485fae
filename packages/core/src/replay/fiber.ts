import { CancelledError, InvalidArgumentError } from "@heddle/protocol";
import { startGuarded } from "./operations/branch.js";
import { type Cancel, RuntimeOperation } from "./operations/runtime-operation.js";
import type { Outcome } from "./outcome.js";
import type { AnyGenerator, Runtime } from "./runtime.js";

/**
 * One generator of a run: the workflow itself, or a branch of `all` and `race`. The machine runs one fiber at a
 * time until it awaits the next operation, so the order of decisions does not depend on how promises interleave.
 */
export class Fiber {
  private cancelCurrent: Cancel | undefined;
  private finished = false;

  constructor(
    private readonly generator: AnyGenerator,
    private readonly settle: (outcome: Outcome) => void,
  ) {}

  /** Runs the code with the outcome of what it awaited, up to its next operation or its end. */
  async advance(runtime: Runtime, input: Outcome): Promise<void> {
    if (this.finished) return;
    // Set only when a cancellation was scheduled behind an outcome: the code awaits something new by now.
    this.cancelCurrent?.();
    this.cancelCurrent = undefined;
    let next: IteratorResult<unknown, unknown>;
    try {
      const step = input.ok ? this.generator.next(input.value) : this.generator.throw(input.error);
      next = step instanceof Promise ? await step : (step as IteratorResult<unknown, unknown>);
    } catch (error) {
      this.finish({ ok: false, error });
      return;
    }
    if (next.done === true) this.finish({ ok: true, value: next.value });
    else this.await(runtime, next.value);
  }

  /** Ends what the code awaits and throws a `CancelledError` there; clean-up code may go on awaiting. */
  cancel(runtime: Runtime, reason = "the operation lost a race or its run was cancelled"): void {
    if (this.finished) return;
    this.cancelCurrent?.();
    this.cancelCurrent = undefined;
    runtime.schedule(this, { ok: false, error: new CancelledError(reason) });
  }

  private await(runtime: Runtime, awaited: unknown): void {
    if (!(awaited instanceof RuntimeOperation)) {
      const error = new InvalidArgumentError(
        "workflow code yielded something that is no operation of ctx; use yield* ctx.run(…), yield* ctx.sleep(…) and so on",
      );
      runtime.schedule(this, { ok: false, error });
      return;
    }
    let settled = false;
    const cancel = startGuarded(runtime, awaited, (outcome) => {
      if (settled) return;
      settled = true;
      this.cancelCurrent = undefined;
      runtime.schedule(this, outcome);
    });
    if (!isSettled()) {
      this.cancelCurrent = () => {
        settled = true;
        cancel();
      };
    }

    // A function, because the operation above may settle while it starts.
    function isSettled(): boolean {
      return settled;
    }
  }

  private finish(outcome: Outcome): void {
    this.finished = true;
    this.settle(outcome);
  }
}
