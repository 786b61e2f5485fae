import type { TimerRef } from "@heddle/core";
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
  startRequest,
  startRun,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const timerOf = ({ workflowId, runId }: TestRun, seq: number): TimerRef => ({
  kind: "timer",
  seq,
  runId,
  workflowId,
});

describe.each(SERVERS)("timers on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("timers"));
  const fired = async (opened: TestStore): Promise<string[]> => {
    const lease = {
      partition: 0,
      nonce: String(await opened.redis.hget(opened.partition.lease, "nonce")),
      epoch: 1,
    };
    const entries = await inboxOf(opened, lease);
    return entries.filter((entry) => entry.kind === "timer-fired").map((entry) => entry.reference);
  };

  test("only due timers are named, earliest first and no more than asked for", async () => {
    const opened = await open();
    const run = await startRun(opened, { workflowId: "order:7:{eu}" });
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, {
      timers: [
        { seq: 1, dueMs: 3_000 },
        { seq: 2, dueMs: 1_000 },
        { seq: 3, dueMs: 2_000 },
        { seq: 4, durationMs: 60_000 },
      ],
    });
    const two = await opened.store.dueTimers(lease, 2);
    expect(two).toMatchObject({ outcome: "ok", due: [timerOf(run, 2), timerOf(run, 3)], nextDueMs: 1_000 });
    const before = await opened.snapshot();
    const all = await opened.store.dueTimers(lease, 10);
    expect(all.outcome === "ok" && all.due.map((timer) => timer.seq)).toEqual([2, 3, 1]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a due timer becomes one event, however often it is fired", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, { timers: [{ seq: 1, dueMs: 1 }] });
    expect(await opened.store.fireTimers(lease, [timerOf(run, 1), timerOf(run, 1)])).toEqual({
      outcome: "done",
    });
    const before = await opened.snapshot();
    await opened.store.fireTimers(lease, [timerOf(run, 1)]);
    expect(await opened.snapshot()).toEqual(before);
    expect(await fired(opened)).toEqual(["1"]);
    expect(await opened.store.describe(run.workflowId)).toMatchObject({ accepted: 2, processed: 1 });
    expect(await opened.redis.exists(opened.partition.timers)).toBe(0);
  });

  test("a timer is not fired early", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, { timers: [{ seq: 1, durationMs: 60_000 }] });
    expect(await opened.store.dueTimers(lease, 10)).toMatchObject({ due: [] });
    const before = await opened.snapshot();
    await opened.store.fireTimers(lease, [timerOf(run, 1)]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("timers of a closed or replaced run are removed without an event", async () => {
    const opened = await open();
    const closed = await startRun(opened);
    const replaced = await startRun(opened);
    const lease = await acquiredLease(opened);
    for (const run of [closed, replaced])
      await committedTurn(opened, lease, run, { timers: [{ seq: 1, dueMs: 1 }] });
    await opened.store.terminate({ workflowId: closed.workflowId, operationId: freshId() });
    await startRun(opened, { workflowId: replaced.workflowId, onOpen: "terminate-existing" });
    await opened.store.fireTimers(lease, [timerOf(closed, 1), timerOf(replaced, 1), timerOf(closed, 9)]);
    expect(await fired(opened)).toEqual([]);
    expect(await opened.redis.exists(opened.partition.timers)).toBe(0);
    expect(await opened.store.describe(replaced.workflowId)).toMatchObject({ accepted: 1 });
  });

  test("a suspended run keeps its fired timers for later", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, { timers: [{ seq: 1, dueMs: 1 }] });
    await opened.store.suspend({ workflowId: run.workflowId });
    await opened.store.fireTimers(lease, [timerOf(run, 1)]);
    expect(await fired(opened)).toEqual(["1"]);
  });
});

describe.each(SERVERS)("retention on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("purge"));
  const purgeOf = ({ workflowId, runId }: TestRun): TimerRef => ({
    kind: "purge",
    seq: 0,
    runId,
    workflowId,
  });

  test("a purged run is gone without a trace, unless a key names it", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened);
    const keyed = await startRun(opened, { workflowId: store.workflowIdOfKey("k"), idempotencyKey: "k" });
    const lease = await acquiredLease(opened);
    for (const each of [run, keyed]) await closedRun(opened, lease, each, { retentionMs: 0 });
    const due = await store.dueTimers(lease, 10);
    expect(due).toMatchObject({ due: expect.arrayContaining([purgeOf(run), purgeOf(keyed)]) as unknown });
    expect(await store.purge(lease, [purgeOf(run), purgeOf(keyed)])).toEqual({ outcome: "done" });
    expect(await store.describe(run.workflowId)).toBeUndefined();
    expect(await store.history(run.workflowId)).toBeUndefined();
    expect(await store.count({})).toBe(0);
    expect(await redis.hgetall(partition.tombstones)).toEqual({ [keyed.workflowId]: keyed.runId });
    await store.readInbox(lease, FIRST_PAGE);
    const left = Object.keys(await opened.snapshot()).map((key) => key.split(":").at(-1));
    expect(left.sort()).toEqual(["feed", "idem", "inbox", "lease", "settings", "types"]);
    const before = await opened.snapshot();
    await store.purge(lease, [purgeOf(run), purgeOf(keyed)]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("nothing is purged before its time, or while it is open", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const openRun = await startRun(opened);
    const lease = await acquiredLease(opened);
    await closedRun(opened, lease, run, { retentionMs: 60_000 });
    const before = await opened.snapshot();
    await opened.store.purge(lease, [purgeOf(run), purgeOf(openRun)]);
    expect(await opened.snapshot()).toEqual(before);
    await opened.redis.zadd(opened.partition.timers, 1, timerMember(purgeOf(openRun)));
    await opened.store.purge(lease, [purgeOf(openRun)]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("the purge of a replaced run leaves its successor alone", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await closedRun(opened, lease, run, { retentionMs: 0 });
    const successor = await startRun(opened, startRequest({ workflowId: run.workflowId }));
    await opened.store.purge(lease, [purgeOf(run)]);
    expect(await opened.store.describe(run.workflowId)).toMatchObject({ runId: successor.runId });
    expect(await opened.redis.exists(opened.partition.timers)).toBe(0);
  });
});
