import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** When a timer fires: ms after the commit that starts it, or at an epoch time of the Redis clock. */
export type TimerDue = { readonly durationMs: number } | { readonly dueMs: number };

/** `ctx.sleep` and `ctx.sleepUntil`. Resolves to `undefined`. */
export class TimerOperation extends RuntimeOperation<undefined> {
  constructor(private readonly due: TimerDue) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const seq = runtime.nextSeq();
    const stop = runtime.expect(seq, () => settle({ ok: true, value: undefined }));
    runtime.emit({ kind: "timer-started", seq, ...this.due });
    return () => {
      stop();
      runtime.emit({ kind: "timer-cancelled", seq });
    };
  }
}
