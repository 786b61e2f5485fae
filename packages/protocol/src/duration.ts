import parse from "parse-duration";
import { InvalidArgumentError } from "./errors.js";
import { quoted } from "./quoted.js";

/** Milliseconds, or text such as "250ms", "1h30m", "3 days", "1.5 hours". */
export type Duration = number | string;

/** Longest duration taken: 100 years. Beyond it a due time leaves the range that a sorted set score keeps exactly. */
export const MAX_DURATION_MS = 100 * 365.25 * 24 * 3_600_000;

/**
 * Milliseconds of a duration, rounded up to a whole one so that a timer is never early.
 * Throws `InvalidArgumentError` on text that is no duration, on a negative or non-finite number, and past 100 years.
 */
export function durationMs(duration: Duration, what = "duration"): number {
  const ms: unknown = typeof duration === "string" ? parseText(duration) : duration;
  if (typeof ms !== "number" || !Number.isFinite(ms)) {
    throw new InvalidArgumentError(
      `${what} ${quoted(duration)} is no duration; give milliseconds or text such as "90s", "1h30m" or "3 days"`,
      { details: { field: what } },
    );
  }
  if (ms < 0 || ms > MAX_DURATION_MS) {
    throw new InvalidArgumentError(
      `${what} ${quoted(duration)} is out of range; it must lie between 0 and 100 years`,
      { details: { field: what } },
    );
  }
  // Rounded to a nanosecond first: "2.007s" multiplies to 2007.0000000000002. "+ 0" turns -0 into 0.
  return Math.ceil(Number(ms.toFixed(6))) + 0;
}

const MAX_TEXT_CHARACTERS = 100;

function parseText(text: string): number | null {
  if (text.length > MAX_TEXT_CHARACTERS) return null;
  // The library skips words it does not know ("5 parsecs" → 5), so the shape is checked first.
  const shape = /^\s*(?:[+]?\d+(?:\.\d+)?\s*[a-zµ]+\s*(?:,|and)?\s*)+$/i;
  if (!shape.test(text)) return null;
  const units = text.toLowerCase().match(/[a-zµ]+/g) ?? [];
  if (!units.every((unit) => unit === "and" || UNITS.test(unit))) return null;
  return parse(text) ?? null;
}

/** No unit may stand here that the library does not know: "1h 5msecs" would silently be an hour. */
const UNITS = /^(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/;
