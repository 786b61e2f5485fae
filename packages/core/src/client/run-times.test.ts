import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { runTimesOf } from "./run-times.js";

test("nothing asked for is nothing", () => {
  expect(runTimesOf({})).toBeUndefined();
  expect(runTimesOf({ executionTimeout: undefined, startAt: undefined })).toBeUndefined();
});

test("durations and dates become whole ms, rounded up so that nothing is early", () => {
  expect(runTimesOf({ executionTimeout: "1h30m", runTimeout: 0.5, startAfter: 0 })).toEqual({
    ...{ executionTimeoutMs: 5_400_000, runTimeoutMs: 1, startAfterMs: 0 },
  });
  expect(runTimesOf({ startAt: new Date(1_900_000_000_000) })).toEqual({ startAtMs: 1_900_000_000_000 });
  expect(runTimesOf({ startAt: 1_900_000_000_000.25 })).toEqual({ startAtMs: 1_900_000_000_001 });
});

test("a start time before 1970 has passed, like any other", () => {
  expect(runTimesOf({ startAt: -5 })).toEqual({ startAtMs: 0 });
});

test.each<[field: string, options: object, message: RegExp]>([
  ["executionTimeout", { executionTimeout: "soon" }, /executionTimeout "soon" is no duration/],
  ["executionTimeout", { executionTimeout: 0 }, /executionTimeout is 0; give a longer time, or leave it out/],
  ["runTimeout", { runTimeout: -1 }, /runTimeout -1 is out of range/],
  ["runTimeout", { runTimeout: "0s" }, /runTimeout is 0/],
  ["startAfter", { startAfter: Number.POSITIVE_INFINITY }, /startAfter Infinity is no duration/],
  [
    "startAt",
    { startAt: new Date(Number.NaN) },
    /startAt is Invalid Date; give a Date or epoch milliseconds/,
  ],
  ["startAt", { startAt: "tomorrow" }, /startAt is tomorrow/],
  ["startAt", { startAt: Date.UTC(9_900, 0) }, /before the year 9900/],
  ["startAt", { startAfter: "1h", startAt: 5 }, /given together; give one/],
])("what is wrong with %s is refused: %j", (field, options, message) => {
  const check = () => runTimesOf(options);
  expect(check).toThrow(InvalidArgumentError);
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ details: expect.objectContaining({ field }) as unknown }));
});
