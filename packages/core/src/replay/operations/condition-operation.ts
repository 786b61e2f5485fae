import { ConditionTimedOutError, InvalidArgumentError } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";
import { TimerOperation } from "./timer-operation.js";

/**
 * `ctx.waitUntil`: resolves to `undefined` when the predicate is true. It is not looked at when the wait begins but
 * when all code awaits, so that of two waits one goes on, and the timer of a timeout starts when it was false then.
 */
export class ConditionOperation extends RuntimeOperation<undefined> {
  constructor(
    private readonly predicate: () => unknown,
    private readonly timeoutMs: number | undefined,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { timeoutMs } = this;
    const seq = runtime.nextSeq();
    runtime.emit({ kind: "condition-awaited", seq });
    let cancelTimer: Cancel | undefined;
    let open = true;
    const end = (): void => {
      open = false;
      stopLooking();
      runtime.emit({ kind: "condition-settled", seq });
    };
    const stopLooking = runtime.watchCondition(() => {
      const outcome = this.look();
      if (outcome === undefined) {
        cancelTimer ??= timeoutMs === undefined ? undefined : startTimer(timeoutMs);
        return false;
      }
      cancelTimer?.();
      end();
      settle(outcome);
      return true;
    });
    return () => {
      if (!open) return;
      cancelTimer?.();
      end();
    };

    function startTimer(durationMs: number): Cancel {
      return new TimerOperation({ durationMs }).start(runtime, () => {
        end();
        const error = new ConditionTimedOutError(`the condition was not met within ${durationMs} ms`, {
          details: { timeoutMs: durationMs },
        });
        settle({ ok: false, error });
      });
    }
  }

  /** `undefined` while the predicate is false. */
  private look(): Outcome | undefined {
    try {
      const { predicate } = this;
      const met = predicate();
      // A promise or a generator would always count as true.
      if (typeof met === "object" && met !== null && ("then" in met || "next" in met)) {
        if (met instanceof Promise) met.catch(() => undefined);
        throw new InvalidArgumentError(
          "the predicate of ctx.waitUntil must answer at once; pass a function that is neither async nor a generator",
        );
      }
      return Boolean(met) ? { ok: true, value: undefined } : undefined;
    } catch (error) {
      return { ok: false, error };
    }
  }
}
