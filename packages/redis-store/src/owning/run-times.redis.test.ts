import type { TimerRef } from "@heddle/core";
import { decodeHistoryRecord } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { timerMember } from "../keys.js";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  FIRST_PAGE,
  freshId,
  inboxOf,
  signalRequest,
  startRequest,
  startRun,
  turnOf,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const HOUR = 3_600_000;

const timerOf = ({ workflowId, runId }: TestRun, kind: "start" | "deadline"): TimerRef => ({
  ...{ kind, seq: 0, runId, workflowId },
});

/** As if its time had come. */
async function makeDue({ redis, partition }: TestStore, timer: TimerRef): Promise<void> {
  await redis.zadd(partition.timers, "XX", 1, timerMember(timer));
}

async function timersOf({ redis, partition }: TestStore): Promise<Record<string, number>> {
  const list = await redis.zrange(partition.timers, 0, "-1", "WITHSCORES");
  return Object.fromEntries(
    list.flatMap((member, index) => (index % 2 === 0 ? [[member, Number(list[index + 1])]] : [])),
  );
}

async function headerOf(opened: TestStore, run: TestRun) {
  const header = await opened.store.describe(run.workflowId);
  if (header === undefined) throw new Error("the run is gone");
  return header;
}

describe.each(SERVERS)("the times of a new run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("times"));

  test("deadlines count from the delayed start, the earlier one gets the timer, and a repeated start moves nothing", async () => {
    const opened = await open();
    const times = { startAfterMs: HOUR, executionTimeoutMs: 3 * HOUR, runTimeoutMs: 2 * HOUR };
    const request = startRequest({ workflowId: "order:7:{eu}", times });
    const run = await startRun(opened, request);
    const { createdAtMs, ...header } = await headerOf(opened, run);
    const startAtMs = createdAtMs + HOUR;
    expect(header).toMatchObject({
      status: "pending",
      startAtMs,
      executionDeadlineMs: startAtMs + 3 * HOUR,
      runDeadlineMs: startAtMs + 2 * HOUR,
    });
    expect(await timersOf(opened)).toEqual({
      [timerMember(timerOf(run, "start"))]: startAtMs,
      [timerMember(timerOf(run, "deadline"))]: startAtMs + 2 * HOUR,
    });
    const before = await opened.snapshot();
    expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: run.runId });
    expect(await opened.snapshot()).toEqual(before);
    const lease = await acquiredLease(opened);
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "start-delayed", extra: `${startAtMs}:` }]);
    expect(await opened.store.loadRuns(lease, [run.workflowId])).toMatchObject([{ waitsForStart: true }]);
  });

  test("a start time that has passed means at once, and the deadline counts from now", async () => {
    const opened = await open();
    const run = await startRun(opened, { times: { startAtMs: 5, executionTimeoutMs: HOUR } });
    const header = await headerOf(opened, run);
    expect(header).toMatchObject({ startAtMs: undefined, executionDeadlineMs: header.createdAtMs + HOUR });
    const lease = await acquiredLease(opened);
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "started", extra: "" }]);
    expect(await opened.store.loadRuns(lease, [run.workflowId])).toMatchObject([{ waitsForStart: false }]);
  });

  test("start-or-signal limits the run that it starts, not one that it finds", async () => {
    const opened = await open();
    const { workflowId, ...signal } = signalRequest({ workflowId: "cart" }, { signalId: "one" });
    const { runId, type, input } = startRequest();
    const request = { workflowId, runId, type, input, signal, onTerminalConflict: "reject" } as const;
    await opened.store.startOrSignal({ ...request, times: { runTimeoutMs: HOUR } });
    const first = await timersOf(opened);
    expect(Object.keys(first)).toEqual([`deadline:0:${runId}:cart`]);
    await opened.store.startOrSignal({
      ...{ ...request, runId: freshId("run"), signal: { ...signal, signalId: "two" } },
      times: { runTimeoutMs: 2 * HOUR },
    });
    expect(await timersOf(opened)).toEqual(first);
  });

  test("a run that ends, or is replaced, takes its timers with it", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const times = { runTimeoutMs: HOUR };
    const completed = await startRun(opened, { times });
    await closedRun(opened, lease, completed);
    const replaced = await startRun(opened, { times: { ...times, startAfterMs: HOUR } });
    const successor = await startRun(opened, {
      ...{ workflowId: replaced.workflowId, onOpen: "terminate-existing", times },
    });
    const terminated = await startRun(opened, { times: { ...times, startAfterMs: HOUR } });
    const { workflowId, runId } = terminated;
    await opened.store.terminate({ workflowId, operationId: freshId() });
    const nothing = { activities: [], timers: [], retentionMs: HOUR };
    await opened.store.clearClosedRun(lease, { workflowId, runId, ...nothing });
    expect(Object.keys(await timersOf(opened)).sort()).toEqual(
      [
        `deadline:0:${successor.runId}:${successor.workflowId}`,
        `purge:0:${completed.runId}:${completed.workflowId}`,
        `purge:0:${runId}:${workflowId}`,
      ].sort(),
    );
  });
});

describe.each(SERVERS)("begin-delayed-runs on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("begin"));
  const noticesOf = async (opened: TestStore, lease: Awaited<ReturnType<typeof acquiredLease>>) =>
    (await inboxOf(opened, lease)).filter(({ kind }) => kind === "notice").map(({ runId }) => runId);

  test("a run does not begin early", async () => {
    const opened = await open();
    const run = await startRun(opened, { times: { startAfterMs: HOUR } });
    const lease = await acquiredLease(opened);
    const before = await opened.snapshot();
    expect(await opened.store.beginDelayedRuns(lease, [timerOf(run, "start")])).toEqual({ outcome: "done" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a run whose time has come is looked at again, once; one that is closed or replaced is not", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const times = { startAfterMs: HOUR };
    const run = await startRun(opened, { times });
    const [closed, replaced] = [await startRun(opened, { times }), await startRun(opened, { times })];
    const timers = [run, closed, replaced].map((each) => timerOf(each, "start"));
    await opened.store.terminate({ workflowId: closed.workflowId, operationId: freshId() });
    const successor = await startRun(opened, {
      ...{ workflowId: replaced.workflowId, onOpen: "terminate-existing", times },
    });
    await opened.redis.zadd(opened.partition.timers, 1, timerMember(timerOf(replaced, "start")));
    for (const timer of timers) await makeDue(opened, timer);
    await opened.store.beginDelayedRuns(lease, timers);
    const before = await opened.snapshot();
    await opened.store.beginDelayedRuns(lease, timers);
    expect(await opened.snapshot()).toEqual(before);
    // The termination has left a notice of its own.
    expect(await noticesOf(opened, lease)).toEqual([closed.runId, run.runId]);
    const loaded = await opened.store.loadRuns(lease, [run.workflowId, successor.workflowId]);
    expect(loaded.map((each) => each?.waitsForStart)).toEqual([false, true]);
    expect(Object.keys(await timersOf(opened))).toEqual([timerMember(timerOf(successor, "start"))]);
  });

  test("a delayed run that was suspended is pending again after resume, and running once it has begun", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened, { times: { startAfterMs: HOUR } });
    const { workflowId } = run;
    const { suspend, resume } = opened.store;
    expect(await suspend({ workflowId })).toMatchObject({ outcome: "applied", status: "suspended" });
    expect(await resume({ workflowId })).toMatchObject({ outcome: "applied", status: "pending" });
    expect(await opened.redis.zrange(opened.partition.index("order", "pending"), 0, "-1")).toEqual([
      workflowId,
    ]);
    await suspend({ workflowId });
    await makeDue(opened, timerOf(run, "start"));
    await opened.store.beginDelayedRuns(lease, [timerOf(run, "start")]);
    expect(await resume({ workflowId })).toMatchObject({ outcome: "applied", status: "running" });
  });
});

describe.each(SERVERS)("time-out-run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("time-out"));

  test("a run does not time out early", async () => {
    const opened = await open();
    const run = await startRun(opened, { times: { runTimeoutMs: HOUR } });
    const lease = await acquiredLease(opened);
    const before = await opened.snapshot();
    expect(await opened.store.timeOutRuns(lease, [timerOf(run, "deadline")])).toEqual({ outcome: "done" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a run past its deadline is closed once, its waiters are told, and the turn of its owner is refused", async () => {
    const opened = await open();
    const { store } = opened;
    const lease = await acquiredLease(opened);
    const run = await startRun(opened, { times: { runTimeoutMs: HOUR, executionTimeoutMs: 2 * HOUR } });
    await committedTurn(opened, lease, run, { heldReason: "no code" });
    await store.signal(signalRequest(run));
    const turn = await turnOf(opened, lease, run);
    const closed = store.awaitClosed({ workflowId: run.workflowId });
    await expect.poll(() => opened.redis.hexists(opened.partition.header(run.workflowId), "waiters")).toBe(1);
    await makeDue(opened, timerOf(run, "deadline"));
    await store.timeOutRuns(lease, [timerOf(run, "deadline"), timerOf(run, "deadline")]);
    const { record, ...end } = (await closed) as { record: Uint8Array };
    expect(end).toEqual({ outcome: "closed", runId: run.runId, status: "timed-out" });
    expect(decodeHistoryRecord(record)).toMatchObject({ kind: "timed-out", timeout: "run", deadlineMs: 1 });
    expect(await headerOf(opened, run)).toMatchObject({
      ...{ status: "timed-out", historyLength: 2, heldReason: undefined },
    });
    expect(await store.heldRuns(lease)).toEqual([]);
    const { index } = opened.partition;
    const listed = (status: "running" | "timed-out") => opened.redis.zcard(index("order", status));
    expect([await listed("running"), await listed("timed-out")]).toEqual([0, 1]);
    const before = await opened.snapshot();
    await store.timeOutRuns(lease, [timerOf(run, "deadline")]);
    expect(await opened.snapshot()).toEqual(before);
    expect(await store.commitTurns(lease, [turn], FIRST_PAGE)).toMatchObject({
      turns: [{ outcome: "changed" }],
    });
    expect(await store.signal(signalRequest(run))).toMatchObject({ outcome: "closed", status: "timed-out" });
  });

  test.each(["pending", "suspended", "waiting for its start"])(
    "a run that is %s times out",
    async (state) => {
      const opened = await open();
      const lease = await acquiredLease(opened);
      const delay = state === "waiting for its start" ? { startAfterMs: HOUR } : {};
      const run = await startRun(opened, { times: { executionTimeoutMs: HOUR, ...delay } });
      if (state === "suspended") await opened.store.suspend(run);
      await makeDue(opened, timerOf(run, "deadline"));
      await opened.store.timeOutRuns(lease, [timerOf(run, "deadline")]);
      expect(await headerOf(opened, run)).toMatchObject({ status: "timed-out" });
      expect(await timersOf(opened)).toEqual({});
      const [last] = (await opened.store.history(run.workflowId))?.slice(-1) ?? [];
      expect(last && decodeHistoryRecord(last)).toMatchObject({ kind: "timed-out", timeout: "run" });
    },
  );

  test("the deadline of a closed, replaced or purged run only goes", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const closed = await startRun(opened);
    await opened.store.terminate({ workflowId: closed.workflowId, operationId: freshId() });
    const successor = await startRun(opened);
    const ghosts = [
      timerOf(closed, "deadline"),
      timerOf({ ...successor, runId: "earlier" }, "deadline"),
      timerOf({ workflowId: "nobody", runId: "nobody", type: "order" }, "deadline"),
    ];
    const before = await opened.snapshot();
    for (const ghost of ghosts) await opened.redis.zadd(opened.partition.timers, 1, timerMember(ghost));
    await opened.store.timeOutRuns(lease, ghosts);
    expect(await opened.snapshot()).toEqual(before);
  });
});
