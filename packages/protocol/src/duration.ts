import parse from "parse-duration";
import { InvalidArgumentError } from "./errors.js";

/** Milliseconds, or text such as "250ms", "1h30m", "3 days", "1.5 hours". */
export type Duration = number | string;

/** Longest duration taken: 100 years. Beyond it a due time leaves the range that a sorted set score keeps exactly. */
export const MAX_DURATION_MS = 100 * 365.25 * 24 * 3_600_000;

/**
 * Milliseconds of a duration, rounded up to a whole one so that a timer is never early.
 * Throws `InvalidArgumentError` on text that is no duration, on a negative or non-finite number, and past 100 years.
 */
export function durationMs(duration: Duration, what = "duration"): number {
  const ms = typeof duration === "number" ? duration : parseText(duration);
  if (ms === null || !Number.isFinite(ms)) {
    throw new InvalidArgumentError(
      `${what} ${JSON.stringify(duration)} is no duration; give milliseconds or text such as "90s", "1h30m" or "3 days"`,
      { details: { field: what } },
    );
  }
  if (ms < 0 || ms > MAX_DURATION_MS) {
    throw new InvalidArgumentError(
      `${what} ${JSON.stringify(duration)} is out of range; it must lie between 0 and 100 years`,
      { details: { field: what } },
    );
  }
  return Math.ceil(ms) + 0; // "+ 0" turns -0 into 0
}

function parseText(text: string): number | null {
  // The library skips words it does not know ("5 parsecs" → 5), so the shape is checked first.
  const shape = /^\s*(?:[+]?\d+(?:\.\d+)?\s*[a-zµ]+\s*(?:,|and)?\s*)+$/i;
  if (!shape.test(text)) return null;
  const units = text.toLowerCase().match(/[a-zµ]+/g) ?? [];
  if (!units.every((unit) => unit === "and" || UNITS.test(unit))) return null;
  return parse(text) ?? null;
}

const UNITS =
  /^(?:ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/;
