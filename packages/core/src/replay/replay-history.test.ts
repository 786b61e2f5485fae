import {
  CorruptRecordError,
  encodeHistoryRecord,
  encodePayload,
  NondeterminismError,
} from "@heddle/protocol";
import { workflow } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { replayHistory } from "./replay-history.js";
import { RecordedRun } from "./testing/recorded-run.js";
import { startRun, type Code } from "./testing/start-run.js";

const at = 1;
const started = encodeHistoryRecord({ kind: "started", at, input: encodePayload(undefined) });
const signal = (name: string, payload: unknown) =>
  ({ kind: "signal", at, name, payload: encodePayload(payload) }) as const;
const machineOf = (code: Code<undefined>) =>
  new RecordedRun(workflow({ name: "test" }).execute(code)).machine;

const original: Code<undefined> = function* (ctx) {
  yield* ctx.run("charge");
  yield* ctx.sleep("1s");
};

describe("changed code is told apart from its history, naming both sides:", () => {
  test.each<[string, Code<undefined>, string, string]>([
    [
      "another name",
      function* (ctx) {
        yield* ctx.run("refund");
      },
      'activity-scheduled 1 "charge"',
      'activity-scheduled 1 "refund"',
    ],
    [
      "another kind",
      function* (ctx) {
        yield* ctx.waitForSignal("charge");
      },
      'activity-scheduled 1 "charge"',
      'signal-awaited 1 "charge"',
    ],
    [
      "another sequence number",
      function* (ctx) {
        yield* ctx.run("charge");
        yield* ctx.race([ctx.waitForSignal("stop"), ctx.sleep("1s")]);
      },
      "timer-started 2",
      'signal-awaited 2 "stop"',
    ],
    [
      "one command less",
      function* (ctx) {
        yield* ctx.run("charge");
        yield undefined as never;
      },
      "timer-started 2",
      "failed",
    ],
    [
      "an earlier end",
      function* (ctx) {
        yield* ctx.run("charge");
      },
      "timer-started 2",
      "completed",
    ],
    [
      "one command more",
      function* (ctx) {
        yield* ctx.all([ctx.run("charge"), ctx.run("notify")]);
      },
      "nothing",
      'activity-scheduled 2 "notify"',
    ],
    [
      "no command at all",
      function* (ctx) {
        yield* ctx.all([]);
      },
      'activity-scheduled 1 "charge"',
      "completed",
    ],
  ])("%s", async (_what, changed, recorded, decided) => {
    const run = await startRun(original);
    await run.complete("charge");
    const rebuilding = run.rebuild(workflow({ name: "test" }).execute(changed));
    await expect(rebuilding).rejects.toThrow(NondeterminismError);
    await expect(rebuilding).rejects.toMatchObject({
      message: expect.stringMatching(
        /history: record \d has .*; deploy code that decides as before/,
      ) as string,
      details: { recorded, decided },
    });
  });
});

test("a command that the code has not come to is missing", async () => {
  const run = await startRun(original);
  await run.complete("charge");
  const waits = workflow({ name: "test" }).execute(function* (ctx) {
    yield* ctx.run("charge");
    yield* ctx.race([new Promise(() => undefined) as never]);
  });
  await expect(run.rebuild(waits)).rejects.toMatchObject({ details: { recorded: "timer-started 2" } });
});

test("a command that history lacks at its very end is extra", async () => {
  const machine = machineOf(original);
  await expect(replayHistory(machine, [started])).rejects.toMatchObject({
    details: { index: 1, recorded: "nothing", decided: 'activity-scheduled 1 "charge"' },
  });
});

test("an input may differ, because only kind, number and name are compared", async () => {
  const run = await startRun(function* (ctx) {
    yield* ctx.run("charge", { amount: 1 });
  });
  await run.rebuild(
    workflow({ name: "test" }).execute(function* (ctx) {
      yield* ctx.run("charge", { amount: 2 });
    }),
  );
  expect(run.machine.pendingActivities).toEqual([1]);
});

test("a rebuilt machine has nothing to commit, and goes on where the old one was", async () => {
  const run = await startRun(original);
  await run.complete("charge");
  await run.rebuild();
  expect(run.machine.takeCommands()).toEqual([]);
  expect([run.machine.pendingActivities, run.machine.pendingTimers]).toEqual([[], [2]]);
  await run.fire();
  expect(run.closing?.kind).toBe("completed");
});

test("after a mismatch the machine no longer counts as replaying", async () => {
  const machine = machineOf(original);
  await expect(replayHistory(machine, [started])).rejects.toThrow(NondeterminismError);
  expect(machine.replaying).toBe(false);
});

describe("events that were held", () => {
  const waitsTwice: Code<undefined> = function* (ctx) {
    return [yield* ctx.waitForSignal("a"), yield* ctx.waitForSignal("a")];
  };
  const awaited = (seq: number) => encodeHistoryRecord({ kind: "signal-awaited", seq, name: "a" });
  const held = (payload: unknown) =>
    encodeHistoryRecord({ kind: "held", event: encodeHistoryRecord(signal("a", payload)) });
  const taken = encodeHistoryRecord({ kind: "taken", at });

  test("come back oldest first, and the code has not seen them", async () => {
    const machine = machineOf(waitsTwice);
    expect(await replayHistory(machine, [started, awaited(1), held(1), held(2)])).toEqual([
      signal("a", 1),
      signal("a", 2),
    ]);
    expect(machine.closed).toBeUndefined();
  });

  test("are seen where they were taken", async () => {
    const machine = machineOf(waitsTwice);
    const records = [started, awaited(1), held(1), held(2), taken, awaited(2)];
    expect(await replayHistory(machine, records)).toEqual([signal("a", 2)]);
    await machine.feed(signal("a", 2));
    expect(machine.closed?.kind).toBe("completed");
  });

  test("taken when none is held are a corrupt history", async () => {
    const replaying = replayHistory(machineOf(waitsTwice), [started, awaited(1), taken]);
    await expect(replaying).rejects.toThrow(CorruptRecordError);
  });

  test("that are no events are a corrupt history", async () => {
    const wrong = encodeHistoryRecord({ kind: "held", event: awaited(1) });
    const replaying = replayHistory(machineOf(waitsTwice), [started, awaited(1), wrong]);
    await expect(replaying).rejects.toThrow(CorruptRecordError);
  });
});

test("marks of what was done from outside change nothing", async () => {
  const machine = machineOf(original);
  const records = [
    started,
    encodeHistoryRecord({
      kind: "activity-scheduled",
      seq: 1,
      name: "charge",
      queue: "default",
      input: started,
    }),
    encodeHistoryRecord({ kind: "suspended", at }),
    encodeHistoryRecord({ kind: "resumed", at }),
    encodeHistoryRecord({ kind: "terminated", at, reason: "stuck" }),
  ];
  expect(await replayHistory(machine, records)).toEqual([]);
  expect(machine.pendingActivities).toEqual([1]);
});

test("the end of a run may be recorded behind events that were accepted before it was committed", async () => {
  const code: Code<undefined> = function* (ctx) {
    return yield* ctx.waitForSignal("a");
  };
  const machine = machineOf(code);
  const records = [
    started,
    encodeHistoryRecord({ kind: "signal-awaited", seq: 1, name: "a" }),
    encodeHistoryRecord(signal("a", 1)),
    encodeHistoryRecord(signal("a", 2)),
    encodeHistoryRecord({ kind: "completed", at, result: encodePayload(1) }),
  ];
  await replayHistory(machine, records);
  expect(machine.closed?.kind).toBe("completed");
  await expect(replayHistory(machineOf(code), records.slice(0, -1))).rejects.toMatchObject({
    details: { recorded: "nothing", decided: "completed" },
  });
});

test("bytes that are no record are a corrupt history", async () => {
  const replaying = replayHistory(machineOf(original), [started, new Uint8Array([0xc1])]);
  await expect(replaying).rejects.toThrow(CorruptRecordError);
});
