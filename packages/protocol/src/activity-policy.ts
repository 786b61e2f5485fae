import { z } from "zod";
import { activityLimitsSchema, type ActivityLimits } from "./activity-limits.js";
import { type Duration, durationMs } from "./duration.js";
import { InvalidArgumentError } from "./errors.js";
import { quoted } from "./quoted.js";

/** How often and how fast a failed attempt is tried again, as an author writes it. */
export interface RetryOptions {
  /** All attempts, the first included. Default 3. */
  readonly maxAttempts?: number;
  /** Wait before the second attempt. Default 1 s. */
  readonly initialBackoff?: Duration;
  /** Factor from one wait to the next. Default 2. */
  readonly backoffMultiplier?: number;
  /** Longest wait. Default 30 s. */
  readonly maxBackoff?: Duration;
  /** `full` draws each wait evenly between 0 and the computed one. Default `none`. */
  readonly jitter?: (typeof JITTERS)[number];
  /** Error names (`error.name`) that are never tried again. */
  readonly nonRetryable?: readonly string[];
}

export interface TimeoutOptions {
  /** From being scheduled until a worker claims the attempt. Default: none. */
  readonly scheduleToStart?: Duration;
  /** From claim to settlement of one attempt. Default: none; a lost worker is noticed by its liveness. */
  readonly startToClose?: Duration;
  /** From first scheduling to settlement, over all attempts. Default: none. */
  readonly scheduleToClose?: Duration;
  /** Between two heartbeats of the activity's own code. Default: none. */
  readonly heartbeat?: Duration;
}

const JITTERS = ["none", "full"] as const;

/** Retry, timeouts and limits resolved to numbers, as stored with a pending activity. All times in ms. */
export const activityPolicySchema = z.object({
  maxAttempts: z.number().int().positive(),
  initialBackoffMs: z.number(),
  backoffMultiplier: z.number(),
  maxBackoffMs: z.number(),
  jitter: z.enum(JITTERS),
  nonRetryable: z.array(z.string()),
  scheduleToStartMs: z.number().optional(),
  startToCloseMs: z.number().optional(),
  scheduleToCloseMs: z.number().optional(),
  heartbeatMs: z.number().optional(),
  limits: activityLimitsSchema.optional(),
});
export type ActivityPolicy = z.infer<typeof activityPolicySchema>;

/** Resolves options to a policy. Throws `InvalidArgumentError` naming the field; call it before anything is written. */
export function resolveActivityPolicy(
  retry: RetryOptions = {},
  timeouts: TimeoutOptions = {},
  limits?: ActivityLimits,
): ActivityPolicy {
  const maxAttempts = retry.maxAttempts ?? 3;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw invalid("retry.maxAttempts", maxAttempts, "a whole number of at least 1");
  }
  const backoffMultiplier = retry.backoffMultiplier ?? 2;
  if (!Number.isFinite(backoffMultiplier) || backoffMultiplier < 1) {
    throw invalid("retry.backoffMultiplier", backoffMultiplier, "a number of at least 1");
  }
  const initialBackoffMs = durationMs(retry.initialBackoff ?? 1_000, "retry.initialBackoff");
  const maxBackoffMs = durationMs(retry.maxBackoff ?? Math.max(30_000, initialBackoffMs), "retry.maxBackoff");
  if (initialBackoffMs > maxBackoffMs) {
    throw invalid("retry.initialBackoff", initialBackoffMs, `at most retry.maxBackoff (${maxBackoffMs} ms)`);
  }
  const jitter = retry.jitter ?? "none";
  if (!JITTERS.includes(jitter)) throw invalid("retry.jitter", jitter, `one of ${JITTERS.join(", ")}`);
  const nonRetryable: readonly unknown[] = retry.nonRetryable ?? [];
  if (!Array.isArray(nonRetryable) || !nonRetryable.every((name) => typeof name === "string")) {
    throw invalid("retry.nonRetryable", nonRetryable, "a list of error names");
  }
  return {
    maxAttempts,
    initialBackoffMs,
    backoffMultiplier,
    maxBackoffMs,
    jitter,
    nonRetryable: [...nonRetryable],
    ...optionalMs("scheduleToStart", timeouts.scheduleToStart),
    ...optionalMs("startToClose", timeouts.startToClose),
    ...optionalMs("scheduleToClose", timeouts.scheduleToClose),
    ...optionalMs("heartbeat", timeouts.heartbeat),
    ...(limits === undefined ? {} : { limits }),
  };
}

function optionalMs<Name extends keyof TimeoutOptions>(
  name: Name,
  duration: Duration | undefined,
): Partial<Record<`${Name}Ms`, number>> {
  if (duration === undefined) return {};
  const ms = durationMs(duration, `timeouts.${name}`);
  if (ms === 0) throw invalid(`timeouts.${name}`, duration, "longer than 0");
  return { [`${name}Ms`]: ms } as Partial<Record<`${Name}Ms`, number>>;
}

function invalid(field: string, value: unknown, wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${field} is ${quoted(value)}; it must be ${wanted}`, {
    details: { field },
  });
}
