import {
  ActivityFailedError,
  ActivityTimedOutError,
  decodePayload,
  encodePayload,
  errorOf,
  type ActivityPolicy,
  type Failure,
} from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

export interface ActivityCall {
  readonly name: string;
  readonly input: unknown;
  readonly queue: string;
  readonly policy: ActivityPolicy;
  readonly reference: string | undefined;
}

/** `ctx.run`: work outside the workflow. Its retries are not seen here, only how it ended. */
export class ActivityOperation<T> extends RuntimeOperation<T> {
  constructor(private readonly call: ActivityCall) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { name, queue, policy, reference } = this.call;
    const input = encodePayload(this.call.input, {
      what: `input of activity "${name}"`,
      maxBytes: runtime.maxPayloadBytes,
    });
    if (reference !== undefined) runtime.references.assertFree(reference);
    const seq = runtime.nextSeq();
    if (reference !== undefined) runtime.references.note(reference, seq);
    const stop = runtime.expect(seq, (event) => {
      if (event.kind === "activity-completed") settle({ ok: true, value: decodePayload(event.result) });
      if (event.kind === "activity-failed") {
        settle({ ok: false, error: activityError(name, event.attempt, event.failure) });
      }
    });
    const scheduled = { kind: "activity-scheduled", seq, name, queue, input } as const;
    runtime.emit(reference === undefined ? scheduled : { ...scheduled, reference });
    runtime.noteActivity(seq, policy);
    return () => {
      stop();
      runtime.emit({ kind: "activity-cancelled", seq });
    };
  }
}

function activityError(name: string, attempt: number, failure: Failure): Error {
  const timedOut = failure.name === "ActivityTimedOutError";
  const Class = timedOut ? ActivityTimedOutError : ActivityFailedError;
  return new Class(`activity "${name}" failed on attempt ${attempt}: ${failure.name}: ${failure.message}`, {
    details: { activity: name, attempt },
    cause: errorOf(failure),
  });
}
