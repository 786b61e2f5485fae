import { resolveActivityPolicy, type RetryOptions, type TimeoutOptions } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import type { StoredActivity } from "../store/owner-store.js";
import { nextActivityStep } from "./next-activity-step.js";

const START_MS = 1_000_000;

function activity(
  change: Partial<StoredActivity>,
  timeouts: TimeoutOptions = {},
  retry: RetryOptions = {},
): StoredActivity {
  return {
    ticket: { workflowId: "w", runId: "r", seq: 1, attempt: 1, token: "t" },
    state: "scheduled",
    name: "charge",
    queue: "default",
    policy: resolveActivityPolicy(retry, timeouts),
    scheduledAtMs: START_MS,
    dispatchedAtMs: START_MS,
    claimedAtMs: undefined,
    aliveAtMs: undefined,
    livenessMs: undefined,
    heartbeatAtMs: undefined,
    retryAtMs: undefined,
    ticketChecks: 0,
    lastFailure: undefined,
    ...change,
  };
}

const started = { state: "started", claimedAtMs: START_MS, aliveAtMs: START_MS, livenessMs: 4_000 } as const;

function stepAfter(afterMs: number, pending: StoredActivity) {
  return nextActivityStep(pending, {
    nowMs: START_MS + afterMs,
    random: 0.5,
    newToken: "fresh",
    ticketCheckMs: 30_000,
  });
}

describe("an attempt that nobody has claimed", () => {
  test("gets its ticket once more, and is looked at later and later", () => {
    const first = stepAfter(30_000, activity({}));
    expect(first).toMatchObject({ step: "put-ticket-again", queue: "default" });
    const fifth = stepAfter(30_000, activity({ ticketChecks: 4 }));
    const waitMs = (step: typeof first) => ("dueMs" in step ? step.dueMs - START_MS - 30_000 : 0);
    expect(waitMs(fifth)).toBeGreaterThan(waitMs(first));
  });

  test("ends for good when schedule-to-start has passed", () => {
    const step = stepAfter(500, activity({}, { scheduleToStart: 500 }));
    expect(step).toMatchObject({ step: "time-out", failure: { name: "ActivityTimedOutError" } });
    expect(step).not.toHaveProperty("retryDelayMs");
  });
});

describe("a claimed attempt", () => {
  test("is looked at again at the first limit that can pass", () => {
    const pending = activity(started, { startToClose: 3_000, heartbeat: 9_000 });
    expect(stepAfter(100, pending)).toMatchObject({ step: "look-again", dueMs: START_MS + 3_000 });
  });

  test("whose worker is silent for its liveness is tried again by the policy", () => {
    const step = stepAfter(4_000, activity(started, {}, { initialBackoff: 250 }));
    expect(step).toMatchObject({ step: "time-out", failure: { name: "WorkerLostError" }, retryDelayMs: 250 });
  });

  test("lives as long as its worker says so", () => {
    const pending = activity({ ...started, aliveAtMs: START_MS + 3_500 });
    expect(stepAfter(4_000, pending)).toMatchObject({ step: "look-again", dueMs: START_MS + 7_500 });
  });

  test("ends by its heartbeat timeout, counted from its last heartbeat", () => {
    const alive = { ...started, aliveAtMs: START_MS + 9_000, heartbeatAtMs: START_MS + 1_000 };
    const pending = activity(alive, { heartbeat: 2_000 });
    expect(stepAfter(2_999, pending)).toMatchObject({ step: "look-again", dueMs: START_MS + 3_000 });
    expect(stepAfter(3_000, pending)).toMatchObject({
      step: "time-out",
      failure: { details: { timeout: "heartbeat" } },
    });
  });

  test("that was the last one ends the activity", () => {
    const step = stepAfter(4_000, activity(started, {}, { maxAttempts: 1 }));
    expect(step.step).toBe("time-out");
    expect(step).not.toHaveProperty("retryDelayMs");
  });
});

test("schedule-to-close ends the activity in every state, whatever attempts are left", () => {
  for (const change of [{}, started, { state: "backing-off", retryAtMs: START_MS + 60_000 } as const]) {
    const step = stepAfter(1_000, activity(change, { scheduleToClose: 1_000 }));
    expect(step).toMatchObject({ step: "time-out", failure: { details: { timeout: "schedule-to-close" } } });
    expect(step).not.toHaveProperty("retryDelayMs");
  }
});

test("an attempt that backs off is dispatched with a fresh token when its wait is over, not before", () => {
  const pending = activity({ state: "backing-off", retryAtMs: START_MS + 2_000 });
  expect(stepAfter(1_999, pending)).toMatchObject({ step: "look-again", dueMs: START_MS + 2_000 });
  expect(stepAfter(2_000, pending)).toMatchObject({ step: "dispatch", token: "fresh", queue: "default" });
});

describe("an attempt that its worker has handed over", () => {
  const handedOver = { state: "started", claimedAtMs: START_MS } as const;

  test("is not looked at any more when nothing limits it", () => {
    expect(stepAfter(4_000, activity(handedOver))).toMatchObject({ step: "stop-looking" });
  });

  test("is limited by its timeouts alone", () => {
    const pending = activity(handedOver, { startToClose: "1h", heartbeat: "1m" });
    expect(stepAfter(4_000, pending)).toMatchObject({ step: "look-again", dueMs: START_MS + 60_000 });
    const silent = stepAfter(60_000, pending);
    expect(silent).toMatchObject({ step: "time-out", failure: { details: { timeout: "heartbeat" } } });
    expect(silent).not.toHaveProperty("workerLost");
  });
});

test("the end of an attempt whose worker is lost says so, because the worker may hand it over meanwhile", () => {
  expect(stepAfter(4_000, activity(started))).toMatchObject({ step: "time-out", workerLost: true });
});
