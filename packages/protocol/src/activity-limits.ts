import { z } from "zod";
import { type Duration, durationMs } from "./duration.js";
import { InvalidArgumentError } from "./errors.js";
import { assertName } from "./identifiers.js";
import { quoted } from "./quoted.js";

/**
 * How much of an activity may go on in the whole namespace, whichever workers run it. An attempt that may not begin waits,
 * without occupying a worker, and its schedule-to-start timeout goes on.
 */
export interface LimitOptions {
  /** What is counted together, of the form of a name. Default: the activity's name. */
  readonly key?: string;
  /** Attempts in progress at once; one that is completed from outside is in progress until then. */
  readonly concurrency?: number;
  /** Attempts that begin within any period of this length. */
  readonly rate?: { readonly limit: number; readonly period: Duration };
}

/** As they travel with a pending activity. */
export const activityLimitsSchema = z.object({
  key: z.string(),
  concurrency: z.number().int().positive().optional(),
  rate: z.object({ limit: z.number().int().positive(), periodMs: z.number().positive() }).optional(),
});
export type ActivityLimits = z.infer<typeof activityLimitsSchema>;

/** `undefined` when nothing is limited. Throws `InvalidArgumentError` naming the field. */
export function resolveActivityLimits(
  activityName: string,
  options: LimitOptions = {},
): ActivityLimits | undefined {
  const { key = activityName, concurrency, rate } = options;
  assertName(key, "limits.key");
  assertCount("limits.concurrency", concurrency);
  if (concurrency === undefined && rate === undefined) return undefined;
  return {
    key,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rate === undefined ? {} : { rate: resolveRate(rate) }),
  };
}

function resolveRate({ limit, period }: NonNullable<LimitOptions["rate"]>): ActivityLimits["rate"] {
  if ((limit as unknown) === undefined) throw invalid("limits.rate.limit", limit, COUNT);
  assertCount("limits.rate.limit", limit);
  const periodMs = durationMs(period, "limits.rate.period");
  if (periodMs === 0) throw invalid("limits.rate.period", period, "longer than 0");
  return { limit, periodMs };
}

const COUNT = "a whole number from 1";

function assertCount(field: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return;
  throw invalid(field, value, COUNT);
}

function invalid(field: string, value: unknown, wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${field} is ${quoted(value)}; it must be ${wanted}`, {
    details: { field },
  });
}
