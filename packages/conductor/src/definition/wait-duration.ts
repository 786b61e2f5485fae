import { MAX_DURATION_MS } from "@heddle/protocol";

const DURATION =
  /^(?:(?<days>\d+)\s*(?:days?|d)\s*)?(?:(?<hours>\d+)\s*(?:hours?|hrs?|h)\s*)?(?:(?<minutes>\d+)\s*(?:minutes?|mins?|m)\s*)?(?:(?<seconds>\d+)\s*(?:seconds?|secs?|s)\s*)?$/i;

/**
 * Milliseconds of the `duration` of a WAIT task: days, hours, minutes and seconds in this order, each at most once, in
 * whole numbers, as in "1d 2h 3m 4s" or "2 days 5 hours". Undefined for anything else, and past 100 years.
 */
export function parseWaitDuration(text: string): number | undefined {
  const trimmed = text.trim();
  const groups = trimmed === "" ? undefined : DURATION.exec(trimmed)?.groups;
  if (groups === undefined) return undefined;
  const { days = 0, hours = 0, minutes = 0, seconds = 0 } = groups;
  const ms = (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return ms <= MAX_DURATION_MS ? ms : undefined;
}
