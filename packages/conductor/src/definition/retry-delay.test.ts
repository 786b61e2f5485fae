import fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelayMs } from "./retry-delay.js";
import { RETRY_LOGICS, taskDef } from "./task-def.js";

const definition = (fields: object) => taskDef.parse({ name: "t", retryDelaySeconds: 5, ...fields });

function delays(fields: object, random = 0): number[] {
  return [0, 1, 2, 3].map((retryCount) => retryDelayMs(definition(fields), retryCount, random));
}

test("FIXED waits the same each time", () => {
  expect(delays({})).toEqual([5_000, 5_000, 5_000, 5_000]);
});

test("EXPONENTIAL_BACKOFF doubles, from the plain delay", () => {
  expect(delays({ retryLogic: "EXPONENTIAL_BACKOFF" })).toEqual([5_000, 10_000, 20_000, 40_000]);
});

test("LINEAR_BACKOFF adds the scaled delay", () => {
  expect(delays({ retryLogic: "LINEAR_BACKOFF" })).toEqual([5_000, 10_000, 15_000, 20_000]);
  expect(delays({ retryLogic: "LINEAR_BACKOFF", backoffScaleFactor: 2 })).toEqual([
    10_000, 20_000, 30_000, 40_000,
  ]);
});

test("the cap holds before the jitter is added", () => {
  const fields = { retryLogic: "EXPONENTIAL_BACKOFF", maxRetryDelaySeconds: 12, backoffJitterMs: 500 };
  expect(delays(fields)).toEqual([5_000, 10_000, 12_000, 12_000]);
  expect(delays(fields, 0.9999)).toEqual([5_500, 10_500, 12_500, 12_500]);
});

test("the delay is a whole number of milliseconds, never negative and never beyond what a timer takes", () => {
  fc.assert(
    fc.property(
      fc.record({
        retryLogic: fc.constantFrom(...RETRY_LOGICS),
        retryDelaySeconds: fc.nat(),
        backoffScaleFactor: fc.integer({ min: 1 }),
        maxRetryDelaySeconds: fc.oneof(fc.constant(0), fc.nat()),
        backoffJitterMs: fc.nat(),
      }),
      fc.nat(10_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (fields, retryCount, random) => {
        const delay = retryDelayMs(definition(fields), retryCount, random);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});
