import {
  decodeHistoryRecord,
  decodePayload,
  encodeHistoryRecord,
  encodePayload,
  type HistoryEvent,
} from "@heddle/protocol";
import { query, signal, update, workflow } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { leftovers, replayReset, type ReplayedReset } from "./reset-replay.js";
import { RecordedRun } from "./testing/recorded-run.js";
import { cutHistory, resetRun } from "./testing/reset-run.js";

const approved = signal<string>("approved");

/** Waits for two signals and for an activity between them; draws an id before each. */
const code = workflow({ name: "test" }).execute(async function* (ctx) {
  const ids = [ctx.uuid()];
  ctx.onQuery(query<void, string[]>("ids"), () => ids);
  yield* ctx.waitForSignal(approved);
  ids.push(ctx.uuid());
  yield* ctx.run("charge", ids.length);
  ids.push(ctx.uuid());
  yield* ctx.waitForSignal(approved);
  ids.push(ctx.uuid());
  return ids;
});

async function finishedRun(): Promise<RecordedRun> {
  const run = new RecordedRun(code);
  await run.start();
  await run.signal("approved", "one");
  await run.complete("charge", 7);
  await run.signal("approved", "two");
  return run;
}

/** Index of the n-th record of that kind. */
function indexOf(run: RecordedRun, kind: string, nth = 0): number {
  const kinds = run.records.map((record, index) => ({ index, kind: decodeHistoryRecord(record).kind }));
  return kinds.filter((record) => record.kind === kind)[nth]?.index ?? Number.NaN;
}

const kindsOf = (run: RecordedRun): string[] => run.records.map((record) => decodeHistoryRecord(record).kind);

/** Signals as how they come and what they say. */
function textsOf(inputs: ReplayedReset["inputs"]): string[] {
  return inputs.map(
    ({ as, event }) => `${as} ${event.kind === "signal" ? String(decodePayload(event.payload)) : ""}`,
  );
}

describe("a reset behind an event", () => {
  test("lets the code decide by that event anew, and draws other ids from there on", async () => {
    const run = await finishedRun();
    const reset = await resetRun(run, code, { keep: indexOf(run, "signal") + 1 });
    const [before, ...after] = run.result as string[];
    await reset.complete("charge");
    const ids = reset.result as string[];
    expect(ids[0]).toBe(before);
    for (const id of ids.slice(1)) expect(after).not.toContain(id);
  });

  test("draws the same ids when its own history is replayed, also behind a second reset", async () => {
    const run = await finishedRun();
    const once = await resetRun(run, code, { keep: indexOf(run, "signal") + 1 });
    await once.complete("charge");
    const twice = await resetRun(once, code, {
      keep: indexOf(once, "activity-completed") + 1,
      runId: "run-3",
    });
    const ids = twice.result as string[];
    expect(ids.slice(0, 2)).toEqual((once.result as string[]).slice(0, 2));
    expect(ids[2]).not.toBe((once.result as string[])[2]);
    await twice.rebuild();
    expect(twice.query("ids")).toEqual(ids);
  });

  test("gives signals again that came later, in order, unless it was told not to", async () => {
    const run = await finishedRun();
    const keep = 1;
    const again = await resetRun(run, code, { keep });
    expect(textsOf(again.replayed.inputs)).toEqual(["again one", "again two"]);
    expect((await resetRun(run, code, { keep, reapply: "none" })).replayed.inputs).toEqual([]);
  });

  test("takes the decisions of changed code", async () => {
    const run = await finishedRun();
    const changed = workflow({ name: "test" }).execute(async function* (ctx) {
      yield* ctx.waitForSignal(approved);
      yield* ctx.run("refund", 1);
    });
    const reset = await resetRun(run, changed, { keep: indexOf(run, "signal") + 1 });
    expect(reset.decisions).toEqual(["activity-scheduled 2 refund"]);
    const machine = new RecordedRun(changed).machine;
    const cut = cutHistory(run, { keep: indexOf(run, "activity-completed") + 1 });
    await expect(replayReset(machine, cut)).rejects.toMatchObject({ code: "NONDETERMINISM" });
  });
});

describe("a cut before an event", () => {
  test("keeps what was decided, with the policies of what is pending", async () => {
    const run = await finishedRun();
    const scheduledAt = indexOf(run, "activity-scheduled");
    const reset = await resetRun(run, code, { keep: scheduledAt + 1, reapply: "none" });
    expect(reset.decisions).toEqual([]);
    expect(reset.machine.pendingActivities).toEqual([2]);
    const scheduled = {
      seq: 2,
      name: "charge",
      queue: "default",
      reference: undefined,
      historyIndex: scheduledAt,
    };
    expect(reset.replayed.scheduled.get(2)).toEqual(scheduled);
    expect(reset.machine.takePolicy(2)).toMatchObject({ maxAttempts: 3 });
  });

  test("gives outcomes again of what was pending, when it was told to", async () => {
    const run = await finishedRun();
    const keep = indexOf(run, "activity-scheduled") + 1;
    const reset = await resetRun(run, code, { keep, reapply: "outcomes" });
    expect(kindsOf(reset).slice(keep)).toEqual([
      ...["reset", "activity-completed", "signal-awaited", "signal", "completed"],
    ]);
  });
});

describe("events that were held", () => {
  const held = (event: HistoryEvent) =>
    encodeHistoryRecord({ kind: "held", event: encodeHistoryRecord(event) });
  const signalled = (text: string): HistoryEvent => ({
    ...{ kind: "signal", at: 1, name: "approved", payload: encodePayload(text) },
  });

  test("come in the order of their acceptance, those that no code saw without regard to what is applied again", async () => {
    const run = new RecordedRun(code);
    await run.start();
    const taken = encodeHistoryRecord({ kind: "taken", at: 2 });
    const { records, cutOff } = cutHistory(run, { keep: 2, reapply: "none" });
    const reset = {
      records: [
        ...records.slice(0, 2),
        held(signalled("kept")),
        ...records.slice(2),
        held(signalled("later")),
      ],
      cutOff: [...cutOff, held(signalled("seen")), taken, taken, held(signalled("unseen"))],
    };
    const { inputs, unprocessed } = await replayReset(
      new RecordedRun(code, { runId: "run-2" }).machine,
      reset,
    );
    expect(textsOf(inputs)).toEqual(["taken kept", "again unseen", "taken later"]);
    // "unseen" and "later": the others were counted when they were taken.
    expect(unprocessed).toBe(2);
  });
});

test("updates that were completed in what was cut off are withdrawn, those under way come again", async () => {
  const raising = workflow({ name: "test" }).execute(async function* (ctx) {
    ctx.onUpdate(update<number, number>("raise"), function* (by) {
      if (by > 10) yield* ctx.waitForSignal("go");
      return by;
    });
    yield* ctx.waitForSignal("end");
  });
  const run = new RecordedRun(raising);
  await run.start();
  const raise = (updateId: string, by: number) =>
    run.feed({ kind: "update", name: "raise", updateId, input: encodePayload(by) });
  await raise("kept", 1);
  const keep = indexOf(run, "update") + 1;
  await raise("completed", 2);
  await raise("open", 20);
  const { replayed } = await resetRun(run, raising, { keep });
  expect(replayed.withdrawnUpdates).toEqual(["completed"]);
  expect(replayed.inputs).toMatchObject([{ as: "again", event: { kind: "update", updateId: "open" } }]);
});

test("what a reset run has left over is told for each run that was replaced, not for the original of a fork", async () => {
  const run = await finishedRun();
  const { records, cutOff } = cutHistory(run, { keep: 1 });
  expect(leftovers({ records, cutOff })).toEqual([{ runId: "run-1", activities: [], timers: [] }]);
  const earlier = encodeHistoryRecord({
    ...{ kind: "reset", at: 1, runId: "run-1", fromRunId: "run-0", reapply: "none" },
  });
  const both = leftovers({ records, cutOff: [...cutOff, earlier] });
  expect(both.map(({ runId }) => runId)).toEqual(["run-1", "run-0"]);
  const fork = encodeHistoryRecord({
    ...{ kind: "reset", at: 1, runId: "b", fromRunId: "a", fromWorkflowId: "original", reapply: "none" },
  });
  expect(leftovers({ records: [...records.slice(0, 1), fork], cutOff })).toEqual([]);
});
