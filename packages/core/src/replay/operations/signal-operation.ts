import { decodePayload, SignalTimedOutError } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";
import { TimerOperation } from "./timer-operation.js";

/** `ctx.waitForSignal`: consumes exactly one signal of a name, or none when it is cancelled or times out. */
export class SignalOperation<T> extends RuntimeOperation<T> {
  constructor(
    private readonly name: string,
    private readonly timeoutMs: number | undefined,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { name, timeoutMs } = this;
    runtime.emit({ kind: "signal-awaited", seq: runtime.nextSeq(), name });
    let settled = false;
    let cancelTimer: Cancel | undefined;
    const giveUp = runtime.takeSignal(name, (payload) => {
      settled = true;
      cancelTimer?.();
      settle({ ok: true, value: decodePayload(payload) });
    });
    // A signal that was there already needs no timer.
    if (timeoutMs !== undefined && !settled) {
      cancelTimer = new TimerOperation({ durationMs: timeoutMs }).start(runtime, () => {
        giveUp();
        settle({
          ok: false,
          error: new SignalTimedOutError(`no signal "${name}" arrived within ${timeoutMs} ms`, {
            details: { signal: name, timeoutMs },
          }),
        });
      });
    }
    return () => {
      giveUp();
      cancelTimer?.();
    };
  }
}
