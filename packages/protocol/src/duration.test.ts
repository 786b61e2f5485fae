import { expect, test } from "vitest";
import { durationMs, MAX_DURATION_MS, type Duration } from "./duration.js";
import { InvalidArgumentError } from "./errors.js";

test.each<[Duration, number]>([
  [0, 0],
  [-0, 0],
  [1_500, 1_500],
  ["250ms", 250],
  ["90s", 90_000],
  ["1m", 60_000],
  ["1h30m", 5_400_000],
  ["1h 30m", 5_400_000],
  ["1h, 30m", 5_400_000],
  ["1 hour and 30 minutes", 5_400_000],
  ["1.5 hours", 5_400_000],
  ["3 days", 3 * 86_400_000],
  ["2 weeks", 14 * 86_400_000],
  ["1d 2h 3m 4s 5ms", 93_784_005],
  ["10 MINS", 600_000],
  [" 5s ", 5_000],
  ["0s", 0],
  ["100 milliseconds", 100],
])("%j is %d ms", (duration, ms) => {
  expect(Object.is(durationMs(duration), ms)).toBe(true);
});

test("a fraction of a millisecond is rounded up, so that a timer is never early", () => {
  expect(durationMs(0.1)).toBe(1);
  expect(durationMs("1.0005s")).toBe(1_001);
});

test("text with decimals is not a millisecond late for the sake of binary fractions", () => {
  expect(durationMs("2.007s")).toBe(2_007);
  expect(durationMs("16.1s")).toBe(16_100);
});

test.each([
  "",
  " ",
  "soon",
  "5",
  "5 parsecs",
  "1h 5 parsecs",
  "1h 5msecs",
  "-5s",
  "1h -30m",
  "1,5h",
  "1e3ms",
  "5s later",
  "later 5s",
  "1 month",
  "Infinity s",
  "5µs",
  "1hand30m",
  "1s".repeat(51),
])("%j is refused, because a guess would be a wrong timer", (text) => {
  expect(() => durationMs(text)).toThrow(InvalidArgumentError);
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [5n], [undefined], [null], [{}], [Symbol("s")]])(
  "%s is refused with the value in the message",
  (value) => {
    const call = () => durationMs(value as Duration, "sleep");
    expect(call).toThrow(InvalidArgumentError);
    expect(call).not.toThrow(value === null ? "undefined" : "null");
  },
);

test.each([-1, -0.5, MAX_DURATION_MS + 1])("%d ms is out of range", (ms) => {
  expect(() => durationMs(ms)).toThrow(/out of range/);
});

test("100 years are taken", () => {
  expect(durationMs(MAX_DURATION_MS)).toBe(MAX_DURATION_MS);
});

test("the message and the details name the field", () => {
  expect(() => durationMs("soon", "retention")).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('retention "soon" is no duration') as string,
      details: { field: "retention" },
    }),
  );
});
