import { encodeHistoryRecord, encodePayload, type HistoryEvent, type HistoryRecord } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { cutBeforeFailure, cutBehindEvent, keptWork, signalIdsIn } from "./history-cut.js";

const input = encodePayload(1);
const failure = { name: "Error", message: "no" };
const started: HistoryEvent = { kind: "started", at: 1_000, input };
const failed: HistoryRecord = { kind: "failed", at: 9_000, failure };
const scheduled = (seq: number): HistoryRecord => ({
  ...{ kind: "activity-scheduled", seq, name: "charge", queue: "default", input },
});
const activityFailed = (seq: number): HistoryEvent => ({
  ...{ kind: "activity-failed", at: 5_000, seq, attempt: 3, failure },
});
const activityCompleted = (seq: number): HistoryEvent => ({
  ...{ kind: "activity-completed", at: 4_000, seq, attempt: 1, result: input },
});
const held = (event: HistoryEvent): HistoryRecord => ({ kind: "held", event: encodeHistoryRecord(event) });
const taken: HistoryRecord = { kind: "taken", at: 6_000 };
const history = (...records: HistoryRecord[]): Uint8Array[] => records.map(encodeHistoryRecord);

describe("a cut behind an event", () => {
  const records = history(started, scheduled(1), held(activityCompleted(1)), taken, scheduled(2));

  test("keeps it and all before it, also when it was held first", () => {
    expect([0, 3].map((event) => cutBehindEvent(records, event))).toEqual([1, 4]);
  });

  test.each([
    [1, "activity-scheduled, which is no event, at 1", 0],
    [2, "held, which is no event, at 2", 0],
    [4, "activity-scheduled, which is no event, at 4", 3],
    [5, "no record 5; it has 5", 3],
    [-1, "no record -1", undefined],
    [0.5, "no record 0.5", 0],
    [Number.NaN, "no record NaN", undefined],
  ])("is refused at %s, naming the nearest event", (event, problem, nearest) => {
    expect(() => cutBehindEvent(records, event)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(problem) as string,
        details: { field: "event", nearest },
      }),
    );
  });
});

describe("a cut before the failure that ended a run", () => {
  test("is at the last failure when the code had answered the one before", () => {
    const records = history(
      started,
      scheduled(1),
      activityFailed(1),
      scheduled(2),
      activityFailed(2),
      failed,
    );
    expect(cutBeforeFailure(records)).toBe(4);
  });

  test("is at the first of several that the code did not answer", () => {
    const records = history(
      ...[started, scheduled(1), scheduled(2), scheduled(3)],
      ...[activityFailed(1), activityCompleted(2), activityFailed(3), failed],
    );
    expect(cutBeforeFailure(records)).toBe(4);
  });

  test("goes before what the code did to clean up, and before what it withdrew", () => {
    const records = history(
      ...[
        started,
        scheduled(1),
        scheduled(2),
        activityFailed(1),
        { kind: "activity-cancelled", seq: 2 } as const,
      ],
      ...[scheduled(3), activityCompleted(3), failed],
    );
    expect(cutBeforeFailure(records)).toBe(3);
  });

  test("is where the failure was held, if it was", () => {
    const records = history(started, scheduled(1), held(activityFailed(1)), taken, failed);
    expect(cutBeforeFailure(records)).toBe(2);
  });

  test("is nowhere when nothing but the code failed", () => {
    expect(cutBeforeFailure(history(started, scheduled(1), activityCompleted(1), failed))).toBeUndefined();
  });
});

test("what a cut leaves: pending timers with their due times, updates, a request to cancel", () => {
  const update: HistoryEvent = { kind: "update", at: 3_000, name: "raise", updateId: "u1", input };
  const records = history(
    started,
    { kind: "timer-started", seq: 1, durationMs: 500 },
    { kind: "timer-started", seq: 2, durationMs: 60_000 },
    { kind: "timer-fired", at: 1_500, seq: 1 },
    { kind: "timer-started", seq: 3, dueMs: 77_000 },
    update,
    { kind: "update-completed", updateId: "u1", result: input },
    { ...update, updateId: "u2" },
    held({ kind: "cancel-requested", at: 3_500 }),
  );
  expect(keptWork(records)).toEqual({
    timers: [
      { seq: 2, dueMs: 61_000 },
      { seq: 3, dueMs: 77_000 },
    ],
    updates: [
      { updateId: "u1", completedAt: 6 },
      { updateId: "u2", completedAt: undefined },
    ],
    isCancelRequested: true,
  });
});

test("ids of signals are found where they were seen and where they are held", () => {
  const signal: HistoryEvent = { kind: "signal", at: 2_000, name: "paid", payload: input };
  const records = history(started, { ...signal, signalId: "a" }, signal, held({ ...signal, signalId: "b" }));
  expect(signalIdsIn(records)).toEqual([
    { name: "paid", signalId: "a" },
    { name: "paid", signalId: "b" },
  ]);
});
