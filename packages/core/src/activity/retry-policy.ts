import { MAX_DURATION_MS, type ActivityPolicy, type Failure } from "@heddle/protocol";

/**
 * Wait before the next attempt in ms, or `undefined` when the failure is final.
 * `attempt` is the one that failed, from 1. `random` lies in [0, 1) and is used for full jitter.
 * A failure may carry its own `nextDelayMs` in its details; it replaces the computed wait, not the limit of attempts.
 */
export function retryDelayMs(options: {
  policy: ActivityPolicy;
  attempt: number;
  failure: Failure;
  random: number;
}): number | undefined {
  const { policy, attempt, failure, random } = options;
  if (attempt >= policy.maxAttempts || policy.nonRetryable.includes(failure.name)) return undefined;
  const own = ownDelayMs(failure.details);
  if (own !== undefined) return own;
  // The power may be infinite after a thousand attempts, and 0 times infinity is no number.
  const factor = Math.min(Number.MAX_VALUE, policy.backoffMultiplier ** (attempt - 1));
  const computed = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * factor);
  return Math.ceil(policy.jitter === "full" ? computed * random : computed);
}

/** The wait that a failure asks for itself, if it does. */
export function ownDelayMs(details: unknown): number | undefined {
  if (typeof details !== "object" || details === null || !("nextDelayMs" in details)) return undefined;
  const delay = details.nextDelayMs;
  if (typeof delay !== "number" || !Number.isFinite(delay) || delay < 0) return undefined;
  return Math.ceil(Math.min(delay, MAX_DURATION_MS));
}
