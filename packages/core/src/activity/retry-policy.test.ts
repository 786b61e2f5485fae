import { failureOf, MAX_DURATION_MS, resolveActivityPolicy, type RetryOptions } from "@heddle/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelayMs } from "./retry-policy.js";

const failure = failureOf(new Error("no answer"));

function delays(retry: RetryOptions, options: { attempts: number; random?: number }): (number | undefined)[] {
  const policy = resolveActivityPolicy(retry);
  return Array.from({ length: options.attempts }, (_, index) =>
    retryDelayMs({ policy, attempt: index + 1, failure, random: options.random ?? 0.5 }),
  );
}

test("by default there are two retries, after 1 s and 2 s", () => {
  expect(delays({}, { attempts: 3 })).toEqual([1_000, 2_000, undefined]);
});

test("waits grow by the multiplier up to the longest wait", () => {
  const retry = { maxAttempts: 7, initialBackoff: 100, backoffMultiplier: 3, maxBackoff: "5s" };
  expect(delays(retry, { attempts: 7 })).toEqual([100, 300, 900, 2_700, 5_000, 5_000, undefined]);
});

test("a multiplier of 1 keeps the wait", () => {
  expect(delays({ maxAttempts: 4, backoffMultiplier: 1 }, { attempts: 3 })).toEqual([1_000, 1_000, 1_000]);
});

test("one attempt means no retry", () => {
  expect(delays({ maxAttempts: 1 }, { attempts: 1 })).toEqual([undefined]);
});

test("full jitter draws evenly between 0 and the computed wait", () => {
  const retry: RetryOptions = { jitter: "full", maxAttempts: 5 };
  expect(delays(retry, { attempts: 2, random: 0 })).toEqual([0, 0]);
  expect(delays(retry, { attempts: 2, random: 0.5 })).toEqual([500, 1_000]);
  expect(delays(retry, { attempts: 2, random: 0.9999 })).toEqual([1_000, 2_000]);
});

test("an error of a name that is not to be retried is final at once", () => {
  const policy = resolveActivityPolicy({ nonRetryable: ["CardDeclined"] });
  const declined = { ...failure, name: "CardDeclined" };
  expect(retryDelayMs({ policy, attempt: 1, failure: declined, random: 0 })).toBeUndefined();
  expect(retryDelayMs({ policy, attempt: 1, failure, random: 0 })).toBe(1_000);
});

test.each<[unknown, number]>([
  [{ nextDelayMs: 7 }, 7],
  [{ nextDelayMs: 0 }, 0],
  [{ nextDelayMs: 0.5 }, 1],
  [{ nextDelayMs: 1e300 }, MAX_DURATION_MS],
  [{ nextDelayMs: -1 }, 1_000],
  [{ nextDelayMs: "7" }, 1_000],
  [{ nextDelayMs: Number.NaN }, 1_000],
  [{ nextDelayMs: Number.POSITIVE_INFINITY }, 1_000],
  [{}, 1_000],
  [null, 1_000],
  ["7", 1_000],
])("a failure with the details %j is tried again after %d ms", (details, delayMs) => {
  const policy = resolveActivityPolicy({ jitter: "none" });
  expect(retryDelayMs({ policy, attempt: 1, failure: { ...failure, details }, random: 0.5 })).toBe(delayMs);
});

test("a delay of the failure's own does not add attempts", () => {
  const policy = resolveActivityPolicy({ maxAttempts: 2 });
  const slow = { ...failure, details: { nextDelayMs: 5 } };
  expect(retryDelayMs({ policy, attempt: 2, failure: slow, random: 0 })).toBeUndefined();
});

test("whatever the policy and the attempt, a wait is a whole number from 0 to the longest wait", () => {
  const retries = fc.record({
    maxAttempts: fc.integer({ min: 2, max: 1_000_000 }),
    initialBackoff: fc.integer({ min: 0, max: 100_000 }),
    backoffMultiplier: fc.double({ min: 1, max: 1e6, noNaN: true }),
    maxBackoff: fc.integer({ min: 100_000, max: 10_000_000 }),
    jitter: fc.constantFrom("none" as const, "full" as const),
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(retries, fc.nat(), random, (retry, pick, drawn) => {
      const policy = resolveActivityPolicy(retry);
      const attempt = 1 + (pick % (retry.maxAttempts - 1));
      const delayMs = retryDelayMs({ policy, attempt, failure, random: drawn });
      expect(Number.isSafeInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(policy.maxBackoffMs);
    }),
  );
});
