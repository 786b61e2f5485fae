import { MAX_DURATION_MS } from "@heddle/protocol";
import type { TaskDef } from "./task-def.js";

type RetryFields = Pick<
  TaskDef,
  "retryLogic" | "retryDelaySeconds" | "backoffScaleFactor" | "maxRetryDelaySeconds" | "backoffJitterMs"
>;

/**
 * Milliseconds between the failure of an attempt and its retry.
 *
 * @param retryCount retries before the failed attempt: 0 for the first failure, whose delay is the plain one
 * @param random 0 ≤ random < 1; recorded by the caller, so that a replay waits as long
 */
export function retryDelayMs(taskDefinition: RetryFields, retryCount: number, random: number): number {
  const { retryDelaySeconds, maxRetryDelaySeconds, backoffJitterMs } = taskDefinition;
  const seconds = retryDelaySeconds * growth(taskDefinition, retryCount);
  const capped = maxRetryDelaySeconds > 0 ? Math.min(seconds, maxRetryDelaySeconds) : seconds;
  const jitterMs = Math.floor(random * (backoffJitterMs + 1));
  return Math.min(capped * 1000 + jitterMs, MAX_DURATION_MS);
}

function growth({ retryLogic, backoffScaleFactor }: RetryFields, retryCount: number): number {
  switch (retryLogic) {
    case "FIXED":
      return 1;
    case "LINEAR_BACKOFF":
      return backoffScaleFactor * (retryCount + 1);
    case "EXPONENTIAL_BACKOFF":
      // Past any duration, and still a number when the delay is 0.
      return 2 ** Math.min(retryCount, 64);
  }
}
