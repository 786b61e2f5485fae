import {
  decodeHistoryRecord,
  encodePayload,
  failureOf,
  resolveActivityPolicy,
  type HistoryCommand,
  type HistoryEvent,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { TurnBuffer } from "./turn-buffer.js";
import { updatesOf } from "./update-progress.js";

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

test("a completed update names its record, also behind an earlier buffer", () => {
  const [earlier, later] = [new TurnBuffer(), new TurnBuffer()];
  earlier.addRecord({ kind: "taken", at: 1 });
  earlier.addCommand({ kind: "update-completed", updateId: "a", result: encodePayload(1) }, noPolicy);
  later.updates.push({ updateId: "b", state: "accepted" });
  later.addRecord({ kind: "update", at: 2, name: "add", updateId: "b", input: encodePayload(2) });
  later.addCommand({ kind: "update-failed", updateId: "b", failure: failureOf(new Error("no")) }, noPolicy);
  later.prepend(earlier);
  expect(later.updates).toEqual([
    { updateId: "a", state: "completed", recordIndex: 1 },
    { updateId: "b", state: "accepted" },
    { updateId: "b", state: "completed", recordIndex: 3 },
  ]);
  // Of several states in one turn the last counts; what the end of the run leaves open is told as such.
  expect(updatesOf(later, ["c"])).toEqual({
    updates: [
      { updateId: "a", state: "completed", recordIndex: 1 },
      { updateId: "b", state: "completed", recordIndex: 3 },
      { updateId: "c", state: "abandoned" },
    ],
  });
  expect(updatesOf(new TurnBuffer(), [])).toEqual({});
});

function noPolicy(): never {
  throw new Error("an update has no policy");
}

test("attributes and memo of several decisions are one change, the latest of each", () => {
  const set = (attributes: object): HistoryCommand => ({
    kind: "attributes-set",
    names: Object.keys(attributes),
    attributes: encodePayload(attributes),
  });
  const earlier = bufferOf(set({ a: 1, b: 1 }), { kind: "memo-set", memo: input });
  const later = bufferOf(set({ b: 2 }), set({ c: null }));
  later.prepend(earlier);
  expect(later.search).toEqual({ attributes: { a: 1, b: 2, c: null }, memo: input });
  expect(bufferOf({ kind: "memo-set", memo: input }, { kind: "memo-set" }).search).toEqual({ memo: null });
  expect(bufferOf(scheduled(1)).search).toBeUndefined();
});
