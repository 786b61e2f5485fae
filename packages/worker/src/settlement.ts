import { retryDelayMs, type Settlement } from "@heddle/core";
import { encodePayload, failureOf, type ActivityPolicy } from "@heddle/protocol";

/** What the code returned. A result that cannot be stored fails the activity for good: trying again gives it again. */
export function settlementOfResult(value: unknown): Settlement {
  try {
    return { outcome: "completed", result: encodePayload(value, { what: "the activity's result" }) };
  } catch (error) {
    return finalFailure(error);
  }
}

/** What the code threw: tried again as the policy says, or final. `random` in [0, 1) draws the jitter. */
export function settlementOfThrown(
  thrown: unknown,
  context: { policy: ActivityPolicy; attempt: number; random: number },
): Settlement {
  const failure = failureOf(thrown);
  const delayMs = retryDelayMs({ ...context, failure });
  return delayMs === undefined ? { outcome: "failed", failure } : { outcome: "retry", failure, delayMs };
}

export function finalFailure(error: unknown): Settlement {
  return { outcome: "failed", failure: failureOf(error) };
}

/** Given back unrun or unfinished; does not count as an attempt. */
export function returned(reason: string, delayMs: number): Settlement {
  return { outcome: "returned", reason, delayMs };
}
