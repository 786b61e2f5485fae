import { expect, test } from "vitest";
import { parseWaitDuration } from "./wait-duration.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  ["5s", 5 * SECOND],
  ["0s", 0],
  ["05s", 5 * SECOND],
  ["90 secs", 90 * SECOND],
  ["1 second", SECOND],
  ["2 seconds", 2 * SECOND],
  ["1sec", SECOND],
  ["3m", 3 * MINUTE],
  ["3 mins", 3 * MINUTE],
  ["1 min", MINUTE],
  ["1 minute", MINUTE],
  ["30 minutes", 30 * MINUTE],
  ["2h", 2 * HOUR],
  ["2 hrs", 2 * HOUR],
  ["1hr", HOUR],
  ["5 hours", 5 * HOUR],
  ["1d", DAY],
  ["1 day", DAY],
  ["2 days", 2 * DAY],
  ["10m20s", 10 * MINUTE + 20 * SECOND],
  ["1d 2h 3m 4s", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND],
  ["1d2h3m4s", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND],
  ["2 days 5 hours 30 minutes", 2 * DAY + 5 * HOUR + 30 * MINUTE],
  ["  1D  4S  ", DAY + 4 * SECOND],
  ["100 HOURS", 100 * HOUR],
  ["36525 days", 36_525 * DAY],
])("%j is %i ms", (text, ms) => {
  expect(parseWaitDuration(text)).toBe(ms);
});

test.each([
  "",
  "   ",
  "5",
  "s",
  "5.0s",
  "1.5h",
  "-5s",
  "+5s",
  "PT5S",
  "P1D",
  "5ms",
  "5 s 3 m",
  "4s 3m",
  "1s 1s",
  "1d 1d",
  "1h 1 day",
  "1w",
  "1 month",
  "5s!",
  "5s, 3m",
  "5 and 3s",
  "1e3s",
  "٥s",
  "36526 days",
  `${"9".repeat(400)}s`,
  `${" ".repeat(50_000)}x`,
  `1d${" ".repeat(50_000)}x`,
])("%j is no duration", (text) => {
  expect(parseWaitDuration(text)).toBeUndefined();
});
