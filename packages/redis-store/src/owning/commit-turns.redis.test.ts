import type { TurnCommit } from "@heddle/core";
import { encodeHistoryRecord, encodePayload, resolveActivityPolicy } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { timerOf } from "../testing/activities.js";
import {
  acquiredLease,
  committedTurn,
  FIRST_PAGE,
  outboxOf,
  signalRequest,
  startRun,
  turnOf,
} from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const policy = resolveActivityPolicy({}, { startToClose: 9_000, scheduleToClose: 60_000 });

describe.each(SERVERS)("a committed turn on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("commit"));

  test("moves events into history and sets out activities and timers, all in one", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const activity = { name: "charge", queue: "payments", historyIndex: 0, policy, checkAfterMs: 5_000 };
    const dueMs = Date.now() + 1_000_000;
    const turn = await turnOf(opened, lease, run, {
      activities: [
        { ...activity, seq: 1, token: "t1" },
        { ...activity, seq: 2, token: "t2" },
      ],
      timers: [
        { seq: 3, durationMs: 2_000 },
        { seq: 4, dueMs },
      ],
    });
    const reply = await store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({
      outcome: "ok",
      entries: [],
      turns: [{ outcome: "committed", historyLength: 1 }],
      outbox: [
        { queue: "payments", ticket: { seq: 1, attempt: 1, token: "t1", workflowId: run.workflowId } },
        { queue: "payments", ticket: { seq: 2, attempt: 1, token: "t2", runId: run.runId } },
      ],
    });
    if (reply.outcome !== "ok") return;
    expect(await store.readOutbox(lease, FIRST_PAGE)).toEqual(reply.outbox);
    const history = await store.history(run.workflowId);
    expect(history?.map((record) => Buffer.from(record))).toEqual(
      turn.records.map((record) => Buffer.from(record)),
    );
    expect(await store.describe(run.workflowId)).toMatchObject({
      status: "running",
      version: "1",
      historyLength: 1,
      accepted: 1,
      processed: 1,
    });
    const committedAtMs = (await store.describe(run.workflowId))?.updatedAtMs ?? 0;
    expect(reply.nowMs).toBeGreaterThanOrEqual(committedAtMs);
    expect(await redis.zcard(partition.index("order", "pending"))).toBe(0);
    expect(await redis.zcard(partition.index("order", "running"))).toBe(1);
    const [first] = await store.readActivities(lease, [{ kind: "activity", seq: 1, ...run }]);
    expect(first).toMatchObject({
      state: "scheduled",
      policy,
      scheduledAtMs: committedAtMs,
      dispatchedAtMs: committedAtMs,
    });
    const timers = await redis.zrange(partition.timers, 0, "-1", "WITHSCORES");
    const at = `${run.runId}:${run.workflowId}`;
    expect(timers).toEqual([
      ...[`timer:3:${at}`, String(committedAtMs + 2_000)],
      ...[
        `activity:1:${at}`,
        String(committedAtMs + 5_000),
        `activity:2:${at}`,
        String(committedAtMs + 5_000),
      ],
      ...[`timer:4:${at}`, String(dueMs)],
    ]);
    expect(reply.nextDueMs).toBe(committedAtMs + 2_000);
  });

  test("ends activities and timers, and keeps what it does not name", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const activity = { name: "charge", queue: "payments", historyIndex: 0, policy, checkAfterMs: 5_000 };
    const set = await turnOf(opened, lease, run, {
      activities: [1, 2, 3].map((seq) => ({ ...activity, seq, token: `t${seq}` })),
      timers: [4, 5].map((seq) => ({ seq, durationMs: 60_000 })),
    });
    await store.commitTurns(lease, [set], FIRST_PAGE);
    const end = await turnOf(opened, lease, run, { endedActivities: [1, 3], endedTimers: [5], version: "2" });
    expect(await store.commitTurns(lease, [end], FIRST_PAGE)).toMatchObject({
      turns: [{ outcome: "committed" }],
    });
    const refs = [1, 2, 3].map((seq) => timerOf({ ...run, seq, attempt: 1, token: "" }));
    const left = await store.readActivities(lease, refs);
    expect(left.map((each) => each?.ticket.token)).toEqual([undefined, "t2", undefined]);
    const members = await redis.zrange(partition.timers, 0, "-1");
    expect(members.map((member) => member.split(":").slice(0, 2).join(" ")).sort()).toEqual([
      "activity 2",
      "timer 4",
    ]);
    // The code that ran first stays the run's version.
    expect(await store.describe(run.workflowId)).toMatchObject({ version: "1", historyLength: 1 });
  });

  test("leaves the version open while no code ran", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await turnOf(opened, lease, run, { version: "", heldReason: "nobody has the type" });
    await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(await opened.store.describe(run.workflowId)).toMatchObject({
      version: undefined,
      heldReason: "nobody has the type",
    });
    expect(await opened.store.heldRuns(lease)).toEqual([run.workflowId]);
    const taken = await turnOf(opened, lease, run, { heldReason: "" });
    await opened.store.commitTurns(lease, [taken], FIRST_PAGE);
    expect(await opened.store.describe(run.workflowId)).toMatchObject({
      version: "1",
      heldReason: undefined,
    });
    expect(await opened.store.heldRuns(lease)).toEqual([]);
  });

  test("that closes a run sets its purge time", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const record = encodeHistoryRecord({ kind: "failed", at: 1, failure: { name: "E", message: "m" } });
    const turn = await turnOf(opened, lease, run, {
      statusAfter: "failed",
      retentionMs: 7_000,
      records: [record],
    });
    await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    const committedAtMs = (await opened.store.describe(run.workflowId))?.updatedAtMs ?? 0;
    expect(await opened.redis.zrange(opened.partition.timers, 0, "-1", "WITHSCORES")).toEqual([
      `purge:0:${run.runId}:${run.workflowId}`,
      String(committedAtMs + 7_000),
    ]);
    expect(await opened.redis.zcard(opened.partition.index("order", "failed"))).toBe(1);
  });

  test("brings the next page along, or nothing when nothing is asked for", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await turnOf(opened, lease, run);
    await opened.store.signal(signalRequest(run, { signalId: "later" }));
    const reply = await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({ entries: [{ kind: "signal", reference: "later" }] });
    const nothing = await opened.store.commitTurns(lease, [], { after: "0", limit: 0 });
    expect(nothing).toMatchObject({ outcome: "ok", entries: [], turns: [], outbox: [] });
    expect(await opened.redis.hexists(opened.partition.lease, "idle")).toBe(0);
  });

  test("may be larger than the Lua stack", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const count = 2_500;
    for (let sent = 1; sent < count; sent += 500) {
      const batch = Array.from({ length: Math.min(500, count - sent) }, () =>
        opened.store.signal(signalRequest(run)),
      );
      await Promise.all(batch);
    }
    const lease = await acquiredLease(opened);
    const activity = { name: "charge", queue: "payments", historyIndex: 0, policy, checkAfterMs: 5_000 };
    const seqs = Array.from({ length: 1_200 }, (_, index) => index + 1);
    const turn: TurnCommit = await turnOf(opened, lease, run, {
      activities: seqs.map((seq) => ({ ...activity, seq, token: `t${seq}` })),
      timers: seqs.map((seq) => ({ seq, durationMs: 60_000 })),
    });
    expect(turn.entryIds).toHaveLength(count);
    expect(turn.records).toHaveLength(count);
    const reply = await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({ entries: [], turns: [{ outcome: "committed", historyLength: count }] });
    expect((await opened.store.history(run.workflowId))?.length).toBe(count);
    expect(await opened.redis.zcard(opened.partition.timers)).toBe(2_400);
    const end = await turnOf(opened, lease, run, { endedActivities: seqs, endedTimers: seqs });
    await opened.store.commitTurns(lease, [end], FIRST_PAGE);
    expect(await opened.redis.exists(opened.partition.timers)).toBe(0);
    expect(await outboxOf(opened, lease)).toHaveLength(1_200);
  });

  test("notes a run that has steps to run for the next owner, until it has none", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const held = () => opened.store.heldRuns(lease);
    await committedTurn(opened, lease, run, { awaitsSteps: true });
    expect(await held()).toEqual([run.workflowId]);
    await committedTurn(opened, lease, run, { heldReason: "no code for it" });
    await committedTurn(opened, lease, run, { heldReason: "", awaitsSteps: true });
    expect(await held()).toEqual([run.workflowId]);
    await committedTurn(opened, lease, run);
    expect(await held()).toEqual([run.workflowId]);
    const continuation = { runId: "run-2", input: encodePayload(1), events: [] };
    const end = { statusAfter: "pending", records: [], continuation, awaitsSteps: false } as const;
    await committedTurn(opened, lease, run, end);
    expect(await held()).toEqual([]);
    const next = { ...run, runId: "run-2" };
    await committedTurn(opened, lease, next, { awaitsSteps: true });
    await committedTurn(opened, lease, next, { awaitsSteps: false });
    expect(await held()).toEqual([]);
  });
});
