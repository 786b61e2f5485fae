import type { HistoryEntry } from "heddle";
import { describe, expect, test } from "vitest";
import { divergenceOf } from "./divergence.js";
import type { ExecutedRun } from "./executed-run.js";

type Entry = Omit<HistoryEntry, "index">;

function run(history: readonly Entry[], rest: Partial<ExecutedRun> = {}): ExecutedRun {
  const entries = history.map((entry, index) => ({ ...entry, index }) as HistoryEntry);
  const base = { status: "completed" as const, turns: 1, heldReason: undefined, waitsFor: undefined };
  return { ...base, history: entries, ...rest };
}

const started: Entry = { kind: "started", input: 1 };
const scheduled = (seq: number, input: unknown = seq): Entry => ({
  ...{ kind: "activity-scheduled" as const, seq },
  ...{ name: `activity ${seq}`, input },
});
const completed = (seq: number, result: unknown = seq): Entry => ({
  kind: "activity-completed",
  seq,
  result,
});
const closing = (result: unknown): Entry => ({ kind: "completed", result });

test("two runs that went alike do not diverge, at whatever times", () => {
  const history = [started, scheduled(1), completed(1), closing("done")];
  expect(
    divergenceOf(run(history), run(history.map((entry) => ({ ...entry, at: Math.PI })))),
  ).toBeUndefined();
});

test("another decision is told with its record and both sides", () => {
  const divergence = divergenceOf(run([started, scheduled(1)]), run([started, scheduled(2)]));
  expect(divergence).toEqual({
    message:
      'record 1 is activity-scheduled 1 "activity 1" without the kill, and activity-scheduled 2 "activity 2" with it',
    ...{
      index: 1,
      recorded: 'activity-scheduled 1 "activity 1"',
      decided: 'activity-scheduled 2 "activity 2"',
    },
  });
});

test("a missing decision is nothing", () => {
  expect(divergenceOf(run([started, scheduled(1)]), run([started]))).toMatchObject({
    index: 1,
    decided: "nothing",
  });
});

test("another input or result of the code counts", () => {
  expect(divergenceOf(run([started, scheduled(1, "a")]), run([started, scheduled(1, "b")]))?.message).toBe(
    `the input of record 1 (activity-scheduled 1 "activity 1") is 'a' without the kill, and 'b' with it`,
  );
  expect(divergenceOf(run([started, closing(1)]), run([started, closing(2)]))).toMatchObject({ index: 1 });
});

describe("what comes from outside is not held against the code", () => {
  test("events in another order, and all that follows from it but the status", () => {
    const both = [started, scheduled(1), scheduled(2)];
    const left = run([...both, completed(1), completed(2), closing(1)]);
    const right = [...both, completed(2), completed(1), closing(2)];
    expect(divergenceOf(left, run(right))).toBeUndefined();
    expect(divergenceOf(left, run(right, { status: "failed" }))).toMatchObject({
      ...{ recorded: "completed", decided: "failed" },
    });
  });

  test("what an activity answered, and what the code made of it", () => {
    const left = run([started, scheduled(1), completed(1, "x"), scheduled(2, "x"), closing("x")]);
    const right = run([started, scheduled(1), completed(1, "y"), scheduled(2, "y"), closing("y")]);
    expect(divergenceOf(left, right)).toBeUndefined();
  });
});

test("a run that its owner has stopped says why", () => {
  const held = run([started], { heldReason: "the code decided differently" });
  expect(divergenceOf(run([started]), held)).toEqual({ message: "the code decided differently" });
});

test("a run that does not end any more says what it waits for", () => {
  const waiting = run([started], { status: "running", waitsFor: "nothing is due" });
  expect(divergenceOf(run([started]), waiting)).toMatchObject({ decided: "nothing is due" });
});
