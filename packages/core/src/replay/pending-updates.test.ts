import { encodeHistoryRecord, encodePayload, type HistoryEvent, type HistoryRecord } from "@heddle/protocol";
import { expect, test } from "vitest";
import { pendingUpdates } from "./pending-updates.js";

const input = encodePayload(1);
const result = encodePayload(2);

function update(updateId: string, at: number): Extract<HistoryEvent, { kind: "update" }> {
  return { kind: "update", at, name: "pay", updateId, input };
}

function held(event: HistoryEvent): HistoryRecord {
  return { kind: "held", event: encodeHistoryRecord(event) };
}

const statesOf = (...records: HistoryRecord[]) =>
  pendingUpdates(records.map(encodeHistoryRecord)).map(({ updateId, state, admittedAtMs }) => [
    updateId,
    state,
    admittedAtMs,
  ]);

test("an update is pending from its acceptance to its end", () => {
  expect(pendingUpdates([encodeHistoryRecord(update("a", 1))])).toEqual([
    { updateId: "a", name: "pay", state: "accepted", admittedAtMs: 1 },
  ]);
  const failure = { name: "Error", message: "no" };
  expect(
    statesOf(
      update("a", 1),
      update("b", 2),
      update("c", 3),
      { kind: "update-completed", updateId: "b", result },
      { kind: "update-failed", updateId: "a", failure },
    ),
  ).toEqual([["c", "accepted", 3]]);
});

test("one that is held is admitted until the code takes or rejects it", () => {
  const signal: HistoryEvent = { kind: "signal", at: 2, name: "x", payload: input };
  const events = [held(update("a", 1)), held(signal), held(update("b", 3)), held(update("c", 4))];
  expect(statesOf(...events)).toEqual([
    ["a", "admitted", 1],
    ["b", "admitted", 3],
    ["c", "admitted", 4],
  ]);
  expect(
    statesOf(...events, { kind: "taken", at: 5 }, { kind: "taken", at: 5 }, { kind: "dropped", at: 5 }),
  ).toEqual([
    ["a", "accepted", 1],
    ["c", "admitted", 4],
  ]);
});
