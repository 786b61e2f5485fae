import type { ResetRunRequest } from "@heddle/core";
import {
  decodeHistoryRecord,
  encodeHistoryRecord,
  encodePayload,
  type HistoryRecord,
} from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  FIRST_PAGE,
  inboxOf,
  signalRequest,
  startRun,
  turnOf,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const started: HistoryRecord = { kind: "started", at: 1_000, input: encodePayload(1) };
const awaited: HistoryRecord = { kind: "signal-awaited", seq: 1, name: "paid" };
const signalled: HistoryRecord = { kind: "signal", at: 2_000, name: "paid", payload: encodePayload("p") };
const records = [started, awaited, signalled].map(encodeHistoryRecord);

async function committedRun(opened: TestStore, change: Parameters<typeof committedTurn>[3] = {}) {
  const run = await startRun(opened);
  const lease = await acquiredLease(opened);
  await committedTurn(opened, lease, run, { records, ...change });
  return { run, lease };
}

async function resetRequest(
  { store }: TestStore,
  run: TestRun,
  change: Partial<ResetRunRequest> = {},
): Promise<ResetRunRequest> {
  const seen = await store.readRun(run.workflowId);
  if (seen === undefined) throw new Error("there is no run");
  return {
    ...{ workflowId: run.workflowId, newRunId: "run-2", reason: "why", reapply: "signals" },
    ...{ seen: seen.header, keep: 1, unprocessed: 0 },
    kept: { timers: [], updates: [], isCancelRequested: false },
    ...change,
  };
}

const kindsOf = (list: readonly Uint8Array[] = []): string[] =>
  list.map((record) => decodeHistoryRecord(record).kind);

describe.each(SERVERS)("reset-run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("reset"));

  test("cuts the history, marks the cut and puts a new run in the place of the old", async () => {
    const opened = await open();
    const { run, lease } = await committedRun(opened);
    const { workflowId } = run;
    const reply = await opened.store.resetRun(await resetRequest(opened, run));
    expect(reply).toEqual({ outcome: "reset", runId: "run-2" });
    const stored = await opened.store.readRun(workflowId);
    expect(stored).toMatchObject({
      header: {
        runId: "run-2",
        status: "pending",
        historyLength: 2,
        accepted: 1,
        processed: 1,
        version: "1",
      },
      inheritsFrom: [run.runId],
    });
    expect(kindsOf(stored?.records)).toEqual(["started", "reset"]);
    expect(decodeHistoryRecord(stored?.records[1] ?? new Uint8Array())).toMatchObject({
      ...{ kind: "reset", runId: "run-2", fromRunId: run.runId, reason: "why", reapply: "signals" },
    });
    expect(kindsOf(stored?.cutOff)).toEqual(["signal-awaited", "signal"]);
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "notice", runId: "run-2" }]);
    const { index } = opened.partition;
    expect(await opened.redis.zcard(index(run.type, "running"))).toBe(0);
    expect(await opened.redis.zcard(index(run.type, "pending"))).toBe(1);
  });

  test("sent again, or for a run that has moved, changes nothing", async () => {
    const opened = await open();
    const { run } = await committedRun(opened);
    const request = await resetRequest(opened, run);
    await opened.store.suspend(run);
    const suspended = await opened.snapshot();
    expect(await opened.store.resetRun(request)).toEqual({ outcome: "changed" });
    expect(await opened.snapshot()).toEqual(suspended);
    const current = await resetRequest(opened, run);
    await opened.store.resetRun(current);
    const before = await opened.snapshot();
    expect(await opened.store.resetRun(current)).toEqual({ outcome: "reset", runId: "run-2" });
    expect(await opened.store.resetRun({ ...current, newRunId: "run-3" })).toEqual({ outcome: "changed" });
    expect(await opened.store.resetRun({ ...current, workflowId: "nobody" })).toEqual({
      outcome: "not-found",
    });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("sent again after the run was reset once more is found, and changes nothing", async () => {
    const opened = await open();
    const { run } = await committedRun(opened);
    const request = await resetRequest(opened, run, { keep: 2 });
    const made = { workflowId: run.workflowId, runId: "run-2" };
    expect(await opened.store.findMadeRun(made)).toBeUndefined();
    await opened.store.resetRun(request);
    const next = { ...run, runId: "run-2" };
    await opened.store.resetRun(await resetRequest(opened, next, { keep: 1, newRunId: "run-3" }));
    const before = await opened.snapshot();
    expect(await opened.store.resetRun(request)).toEqual({ outcome: "reset", runId: "run-3" });
    expect(await opened.store.findMadeRun(made)).toBe("run-3");
    expect(await opened.store.findMadeRun({ ...made, runId: "run-9" })).toBeUndefined();
    expect(await opened.store.findMadeRun({ ...made, workflowId: "nobody" })).toBeUndefined();
    expect(await opened.snapshot()).toEqual(before);
  });

  test("leaves a call that means the run before it in force, and no call that means an older one", async () => {
    const opened = await open();
    const { run } = await committedRun(opened);
    await opened.store.resetRun(await resetRequest(opened, run));
    const next = { ...run, runId: "run-2" };
    await opened.store.resetRun(await resetRequest(opened, next, { newRunId: "run-3" }));
    const end = { workflowId: run.workflowId, operationId: "end" };
    expect(await opened.store.terminate({ ...end, runId: "run-9" })).toEqual({ outcome: "not-found" });
    expect(await opened.store.terminate({ ...end, runId: "run-2" })).toMatchObject({ outcome: "applied" });
  });

  test("refuses the turn that the owner of the old run computed before", async () => {
    const opened = await open();
    const { run, lease } = await committedRun(opened);
    const turn = await turnOf(opened, lease, run);
    await opened.store.resetRun(await resetRequest(opened, run));
    const before = await opened.snapshot();
    const reply = await opened.store.commitTurns(lease, [turn], { after: "0", limit: 0 });
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }] });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("is finished by the first commit of the new run, in the same step", async () => {
    const opened = await open();
    const { run, lease } = await committedRun(opened);
    await opened.store.resetRun(await resetRequest(opened, run));
    const next = { ...run, runId: "run-2" };
    const turn = await turnOf(opened, lease, next, { records: [], processedDelta: 0, finishesReset: true });
    await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(await opened.store.readRun(run.workflowId)).not.toHaveProperty("cutOff");
    expect(await opened.redis.exists(opened.partition.cutOff(run.workflowId))).toBe(0);
  });

  test("keeps the due time of a timer that is pending still, and takes the given one for others", async () => {
    const opened = await open();
    const { run } = await committedRun(opened, { timers: [{ seq: 1, dueMs: 5_000_000_000_000 }] });
    const timers = [
      { seq: 1, dueMs: 1 },
      { seq: 2, dueMs: 6_000_000_000_000 },
    ];
    const kept = { timers, updates: [], isCancelRequested: false };
    await opened.store.resetRun(await resetRequest(opened, run, { kept }));
    const due = await opened.redis.zrange(opened.partition.timers, 0, "-1", "WITHSCORES");
    expect(due).toEqual([
      ...[`timer:1:run-2:${run.workflowId}`, "5000000000000"],
      ...[`timer:2:run-2:${run.workflowId}`, "6000000000000"],
    ]);
  });

  test("begins the deadlines of the run anew", async () => {
    const opened = await open();
    const times = { executionTimeoutMs: 3_600_000, runTimeoutMs: 1_800_000 };
    const run = await startRun(opened, { times });
    const { header, timers } = opened.partition;
    await committedTurn(opened, await acquiredLease(opened), run, { records });
    for (const field of ["createdAtMs", "executionDeadlineMs", "runDeadlineMs"]) {
      await opened.redis.hincrby(header(run.workflowId), field, -10_000_000);
    }
    await opened.store.resetRun(await resetRequest(opened, run));
    const { createdAtMs = 0, ...after } = (await opened.store.describe(run.workflowId)) ?? {};
    expect(after).toMatchObject({
      executionDeadlineMs: createdAtMs + 3_600_000,
      runDeadlineMs: createdAtMs + 1_800_000,
    });
    expect(await opened.redis.zrange(timers, 0, "-1")).toEqual([`deadline:0:run-2:${run.workflowId}`]);
  });

  test("of a closed run opens it again; what it was signalled for and never saw is not counted", async () => {
    const opened = await open();
    const { run, lease } = await committedRun(opened);
    await opened.store.signal(signalRequest(run));
    await opened.store.terminate({ workflowId: run.workflowId, operationId: "end" });
    await opened.store.resetRun(await resetRequest(opened, run));
    const stored = await opened.store.readRun(run.workflowId);
    expect(stored).toMatchObject({ header: { status: "pending", accepted: 1, processed: 1 } });
    expect(stored).not.toHaveProperty("inheritsFrom");
    expect(await opened.redis.hvals(opened.partition.versions)).toEqual(["1"]);
    // A second termination is another operation.
    const end = { workflowId: run.workflowId, operationId: "end" };
    expect(await opened.store.terminate(end)).toMatchObject({ outcome: "applied" });
    expect(await opened.store.renewLease(lease, 1_000)).toMatchObject({ outcome: "ok" });
  });

  test("of a reset that nobody has carried out cuts off what that one cut off, too, in order", async () => {
    const opened = await open();
    const { run } = await committedRun(opened);
    await opened.store.signal(signalRequest(run));
    await opened.store.resetRun(await resetRequest(opened, run, { keep: 2 }));
    const next = { ...run, runId: "run-2" };
    await opened.store.resetRun(await resetRequest(opened, next, { keep: 1, newRunId: "run-3" }));
    const stored = await opened.store.readRun(run.workflowId);
    expect(kindsOf(stored?.records)).toEqual(["started", "reset"]);
    expect(kindsOf(stored?.cutOff)).toEqual(["signal-awaited", "signal", "reset"]);
    // The signal is in the inbox for the first of the three.
    expect(stored).toMatchObject({ inheritsFrom: [run.runId, "run-2"] });
  });

  test("whoever waits for the run is told when the one that it was reset to ends", async () => {
    const opened = await open();
    const { run, lease } = await committedRun(opened);
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId, runId: run.runId });
    await opened.store.resetRun(await resetRequest(opened, run));
    await closedRun(opened, lease, { ...run, runId: "run-2" });
    expect(await waiting).toMatchObject({ outcome: "closed", runId: "run-2" });
  });

  test("keeps the answers of updates that are in the part that stays", async () => {
    const opened = await open();
    const { run } = await committedRun(opened);
    const { workflowId } = run;
    const update = { workflowId, name: "raise", input: encodePayload(1) };
    for (const updateId of ["u1", "u2"]) {
      await opened.store.update({ ...update, updateId }, { until: "admitted" });
    }
    const updates = [
      { updateId: "u1", completedAt: 0 },
      { updateId: "u2", completedAt: undefined },
    ];
    const kept = { timers: [], updates, isCancelRequested: false };
    await opened.store.resetRun(await resetRequest(opened, run, { kept }));
    const asked = { workflowId, runId: "run-2", firstRunId: run.runId };
    const state = (updateId: string) =>
      opened.store.awaitUpdate({ ...asked, updateId }, { until: "admitted" });
    expect(await state("u1")).toMatchObject({ outcome: "completed", record: Buffer.from(records[0] ?? []) });
    expect(await state("u2")).toMatchObject({ outcome: "accepted" });
  });
});
