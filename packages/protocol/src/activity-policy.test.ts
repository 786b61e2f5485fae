import { describe, expect, test } from "vitest";
import {
  activityPolicySchema,
  resolveActivityPolicy,
  type RetryOptions,
  type TimeoutOptions,
} from "./activity-policy.js";
import { InvalidArgumentError } from "./errors.js";

test("without options there are 3 attempts, 1 s apart and doubling up to 30 s, and no timeouts", () => {
  expect(resolveActivityPolicy()).toEqual({
    maxAttempts: 3,
    initialBackoffMs: 1_000,
    backoffMultiplier: 2,
    maxBackoffMs: 30_000,
    jitter: "none",
    nonRetryable: [],
  });
});

test("durations are resolved to ms, and the policy fits its stored form", () => {
  const policy = resolveActivityPolicy(
    {
      maxAttempts: 7,
      initialBackoff: "250ms",
      backoffMultiplier: 1.5,
      maxBackoff: "1m",
      jitter: "full",
      nonRetryable: ["CardDeclined"],
    },
    { scheduleToStart: "1s", startToClose: "1m", scheduleToClose: "1h", heartbeat: 500 },
  );
  expect(policy).toEqual({
    maxAttempts: 7,
    initialBackoffMs: 250,
    backoffMultiplier: 1.5,
    maxBackoffMs: 60_000,
    jitter: "full",
    nonRetryable: ["CardDeclined"],
    scheduleToStartMs: 1_000,
    startToCloseMs: 60_000,
    scheduleToCloseMs: 3_600_000,
    heartbeatMs: 500,
  });
  expect(activityPolicySchema.parse(policy)).toEqual(policy);
});

test("a first wait over 30 s raises the longest wait with it", () => {
  expect(resolveActivityPolicy({ initialBackoff: "1m" })).toMatchObject({ maxBackoffMs: 60_000 });
});

test("the author's list of error names is copied", () => {
  const nonRetryable = ["CardDeclined"];
  const policy = resolveActivityPolicy({ nonRetryable });
  nonRetryable.push("Later");
  expect(policy.nonRetryable).toEqual(["CardDeclined"]);
});

describe("refused, naming the field:", () => {
  test.each<[string, RetryOptions]>([
    ["retry.maxAttempts", { maxAttempts: 0 }],
    ["retry.maxAttempts", { maxAttempts: -1 }],
    ["retry.maxAttempts", { maxAttempts: 1.5 }],
    ["retry.maxAttempts", { maxAttempts: Number.POSITIVE_INFINITY }],
    ["retry.backoffMultiplier", { backoffMultiplier: 0.5 }],
    ["retry.backoffMultiplier", { backoffMultiplier: Number.NaN }],
    ["retry.initialBackoff", { initialBackoff: "soon" }],
    ["retry.initialBackoff", { initialBackoff: -1 }],
    ["retry.initialBackoff", { initialBackoff: "2s", maxBackoff: "1s" }],
    ["retry.maxBackoff", { maxBackoff: "later" }],
    ["retry.jitter", { jitter: "half" as "full" }],
    ["retry.nonRetryable", { nonRetryable: "CardDeclined" as unknown as string[] }],
    ["retry.nonRetryable", { nonRetryable: [/Card/] as unknown as string[] }],
  ])("%s in %j", (field, retry) => {
    const call = () => resolveActivityPolicy(retry);
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(expect.objectContaining({ details: { field } }));
  });

  test.each<[string, TimeoutOptions]>([
    ["timeouts.scheduleToStart", { scheduleToStart: 0 }],
    ["timeouts.startToClose", { startToClose: "0s" }],
    ["timeouts.scheduleToClose", { scheduleToClose: -5 }],
    ["timeouts.heartbeat", { heartbeat: "often" }],
  ])("%s in %j", (field, timeouts) => {
    const call = () => resolveActivityPolicy({}, timeouts);
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(expect.objectContaining({ details: { field } }));
  });

  test("a number that is none is shown as such", () => {
    expect(() => resolveActivityPolicy({ backoffMultiplier: Number.NaN })).toThrow(/is NaN/);
  });
});
