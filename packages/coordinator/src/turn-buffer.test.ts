import {
  decodeHistoryRecord,
  encodePayload,
  resolveActivityPolicy,
  type HistoryCommand,
  type HistoryEvent,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { TurnBuffer } from "./turn-buffer.js";

const input = encodePayload(1);
const policy = resolveActivityPolicy();
const scheduled = (seq: number): HistoryCommand => ({
  kind: "activity-scheduled",
  seq,
  name: "a",
  queue: "q",
  input,
});

function bufferOf(...commands: HistoryCommand[]): TurnBuffer {
  const buffer = new TurnBuffer();
  for (const command of commands) buffer.addCommand(command, () => policy);
  return buffer;
}

const around = { ticketCheckMs: 30_000, newToken: () => "token" };

test("a scheduled activity knows where its record will be in history", () => {
  const buffer = bufferOf({ kind: "signal-awaited", seq: 1, name: "go" }, scheduled(2));
  expect(buffer.newActivities(10, around)).toMatchObject([{ seq: 2, historyIndex: 11, token: "token" }]);
});

test("an earlier buffer that was not taken comes first, and moves the places of what follows", () => {
  const earlier = bufferOf(scheduled(1), { kind: "timer-started", seq: 2, durationMs: 5 });
  earlier.entryIds.push("1-0");
  const later = bufferOf(scheduled(3));
  later.entryIds.push("2-0");
  later.prepend(earlier);
  expect(later.entryIds).toEqual(["1-0", "2-0"]);
  expect(later.records.map((record) => decodeHistoryRecord(record).kind)).toEqual([
    "activity-scheduled",
    "timer-started",
    "activity-scheduled",
  ]);
  expect(later.newActivities(0, around).map(({ seq, historyIndex }) => [seq, historyIndex])).toEqual([
    [1, 0],
    [3, 2],
  ]);
});

test("the end of a run is kept apart from its records, so that it can go behind what is accepted meanwhile", () => {
  const end = { kind: "completed", at: 1, result: input } as const;
  const buffer = bufferOf(end);
  expect(buffer.records).toEqual([]);
  expect(buffer.closing).toEqual(end);
  expect(buffer.isEmpty).toBe(false);
});

test("an event that the code could not process is held, the outcome of a step is forgotten", () => {
  const buffer = bufferOf({ kind: "signal-awaited", seq: 1, name: "go" });
  const note = (event: HistoryEvent) => {
    buffer.addRecord(event);
    return event;
  };
  const signal = note({ kind: "signal", at: 1, name: "go", payload: input });
  buffer.processed++;
  buffer.holdBack(signal);
  const ended = note({ kind: "step-completed", at: 1, seq: 2, result: input });
  buffer.stepResults++;
  buffer.holdBack(ended);
  expect(buffer.records.map((record) => decodeHistoryRecord(record).kind)).toEqual([
    "signal-awaited",
    "held",
  ]);
  expect(buffer).toMatchObject({ processed: 0, stepResults: 0 });
});
