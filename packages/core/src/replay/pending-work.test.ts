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
  ).toEqual({
    activities: [2],
    timers: [3],
    signals: [],
    steps: [5],
    messages: [],
    children: [],
    conditions: [],
  });
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

test("a message is pending until it is answered, a child until it has closed or was not started", () => {
  const child = (seq: number): HistoryRecord => ({
    ...({
      kind: "child-start-requested",
      seq,
      name: "part",
      workflowId: "w",
      runId: "r",
      input: payload,
    } as const),
    ...({ parentClosePolicy: "terminate", depth: 1, onOpen: "fail", onClosed: "allow" } as const),
  });
  const sent: HistoryRecord = { kind: "signal-sent", seq: 4, workflowId: "w", name: "go", payload };
  const started = { outcome: "started", workflowId: "w", runId: "r" } as const;
  const taken = { outcome: "exists", workflowId: "w", runId: "x", status: "running", type: "t" } as const;
  const records = [child(1), child(2), child(3), sent];
  expect(pendingAfter(...records)).toMatchObject({ messages: [1, 2, 3, 4], children: [1, 2, 3] });
  const more: HistoryRecord[] = [
    { kind: "message-answered", at: 1, seq: 1, answer: started },
    { kind: "message-answered", at: 1, seq: 2, answer: taken },
    { kind: "child-completed", at: 1, seq: 3, runId: "r", result: payload },
    { kind: "message-answered", at: 1, seq: 4, answer: { outcome: "not-found", workflowId: "w" } },
  ];
  expect(pendingAfter(...records, ...more)).toMatchObject({ messages: [], children: [1] });
});
