import { encodeHistoryRecord, encodePayload, type HistoryRecord } from "@heddle/protocol";
import { expect, test } from "vitest";
import { pendingWork } from "./pending-work.js";

const payload = encodePayload(undefined);
const signal: HistoryRecord = { kind: "signal", at: 1, name: "go", payload };

function pendingAfter(...records: HistoryRecord[]) {
  return pendingWork(records.map(encodeHistoryRecord));
}

test("what was begun and neither settled nor cancelled is pending", () => {
  expect(
    pendingAfter(
      { kind: "activity-scheduled", seq: 1, name: "a", queue: "default", input: payload },
      { kind: "activity-scheduled", seq: 2, name: "b", queue: "default", input: payload },
      { kind: "timer-started", seq: 3, durationMs: 5 },
      { kind: "timer-started", seq: 4, durationMs: 5 },
      { kind: "step-started", seq: 5, name: "s" },
      { kind: "activity-completed", at: 1, seq: 1, attempt: 1, result: payload },
      { kind: "timer-cancelled", seq: 4 },
    ),
  ).toEqual({ activities: [2], timers: [3], signals: [], steps: [5], conditions: [] });
});

test("a value that is being loaded is pending like a step", () => {
  const started: HistoryRecord = { kind: "load-started", seq: 1, valueId: "v" };
  expect(pendingAfter(started).steps).toEqual([1]);
  expect(pendingAfter(started, { kind: "load-completed", at: 1, seq: 1, valueId: "v" }).steps).toEqual([]);
});

test("a signal that came early pays for a later wait of its name", () => {
  expect(pendingAfter(signal, { kind: "signal-awaited", seq: 1, name: "go" }).signals).toEqual([]);
  expect(pendingAfter({ kind: "signal-awaited", seq: 1, name: "go" }).signals).toEqual(["go"]);
  expect(pendingAfter(signal, { kind: "signal-awaited", seq: 1, name: "stop" }).signals).toEqual(["stop"]);
});

test("a signal that a handler took pays for no wait", () => {
  const handled: HistoryRecord = { kind: "signal-handled", name: "go" };
  expect(pendingAfter(signal, handled, { kind: "signal-awaited", seq: 1, name: "go" }).signals).toEqual([
    "go",
  ]);
  expect(pendingAfter(signal, handled).signals).toEqual([]);
});

test("a condition is pending until it is settled", () => {
  const awaited: HistoryRecord = { kind: "condition-awaited", seq: 1 };
  expect(pendingAfter(awaited).conditions).toEqual([1]);
  expect(pendingAfter(awaited, { kind: "condition-settled", seq: 1 }).conditions).toEqual([]);
});

test("an event that is held counts as arrived", () => {
  const event = encodeHistoryRecord({ kind: "timer-fired", at: 1, seq: 3 });
  expect(
    pendingAfter({ kind: "timer-started", seq: 3, durationMs: 5 }, { kind: "held", event }).timers,
  ).toEqual([]);
});
