import type { ActivityTicket } from "@heddle/core";
import { decodePayload, encodePayload, resolveActivityPolicy } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { timerMember } from "../keys.js";
import {
  backingOffActivity,
  claimedActivity,
  scheduledActivity,
  storedActivity,
  timerOf,
} from "../testing/activities.js";
import { acquiredLease, freshId, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("claim-activity on $server", ({ connection }) => {
  async function pendingActivity(change: Parameters<typeof scheduledActivity>[3] = {}) {
    const opened = await openTestStore(connection(), randomNamespace("claim"));
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    return { opened, run, lease, ticket: await scheduledActivity(opened, lease, run, change) };
  }
  const claim = { worker: "worker-1", livenessMs: 30_000 };

  test("the first claim gets the input and all it needs to run", async () => {
    const { opened, lease, ticket } = await pendingActivity({
      timeouts: { startToClose: 5_000 },
      input: { card: 9 },
    });
    const activity = await claimedActivity(opened, ticket);
    expect(activity).toMatchObject({
      name: "charge",
      attempt: 1,
      policy: resolveActivityPolicy({}, { startToClose: 5_000 }),
    });
    expect(decodePayload(activity.input)).toEqual({ card: 9 });
    expect(activity.heartbeatDetails).toBeUndefined();
    expect(activity.claimedAtMs).toBeGreaterThanOrEqual(activity.scheduledAtMs);
    const { claimedAtMs } = activity;
    expect(await storedActivity(opened, lease, ticket)).toMatchObject({
      state: "started",
      claimedAtMs,
      aliveAtMs: claimedAtMs,
      livenessMs: 30_000,
    });
  });

  test.each([
    ["the worker's liveness", {}, 30_000],
    ["start-to-close", { startToClose: 5_000 }, 5_000],
    ["heartbeat", { startToClose: 5_000, heartbeat: 2_000 }, 2_000],
    ["liveness before start-to-close", { startToClose: 90_000 }, 30_000],
  ])("the owner looks again by %s", async (_name, timeouts, lookAfterMs) => {
    const { opened, ticket } = await pendingActivity({ timeouts });
    const { claimedAtMs } = await claimedActivity(opened, ticket);
    const due = await opened.redis.zscore(opened.partition.timers, timerMember(timerOf(ticket)));
    expect(Number(due)).toBe(claimedAtMs + lookAfterMs);
  });

  test("the owner looks again at schedule-to-close, counted from the first scheduling", async () => {
    const { opened, ticket } = await pendingActivity({ timeouts: { scheduleToClose: 1_000 } });
    const { scheduledAtMs } = await claimedActivity(opened, ticket);
    const due = await opened.redis.zscore(opened.partition.timers, timerMember(timerOf(ticket)));
    expect(Number(due)).toBe(scheduledAtMs + 1_000);
  });

  test("a second delivery of the ticket is stale and changes nothing", async () => {
    const { opened, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    const before = await opened.snapshot();
    expect(await opened.store.claim({ ticket, ...claim, worker: "worker-2" })).toEqual({ outcome: "stale" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a claim without liveness leaves the attempt open; only its timeouts limit it", async () => {
    const { opened, lease, ticket } = await pendingActivity({ timeouts: { heartbeat: 2_000 } });
    const reply = await opened.store.claim({ ticket, worker: "poller-1" });
    if (reply.outcome !== "go") throw new Error(reply.outcome);
    const { claimedAtMs } = reply.activity;
    expect(await storedActivity(opened, lease, ticket)).toMatchObject({
      ...{ state: "started", claimedAtMs, aliveAtMs: undefined, livenessMs: undefined },
    });
    const due = await opened.redis.zscore(opened.partition.timers, timerMember(timerOf(ticket)));
    expect(Number(due)).toBe(claimedAtMs + 2_000);
    expect(await opened.store.claim({ ticket, ...claim })).toEqual({ outcome: "stale" });
  });

  test("a claim without liveness of an activity without timeouts needs no look", async () => {
    const { opened, ticket } = await pendingActivity();
    expect((await opened.store.claim({ ticket, worker: "poller-1" })).outcome).toBe("go");
    expect(await opened.redis.zscore(opened.partition.timers, timerMember(timerOf(ticket)))).toBeNull();
  });

  test("a worker that claims again, having lost the reply, gets the same attempt again", async () => {
    const { opened, ticket } = await pendingActivity();
    const first = await opened.store.claim({ ticket, ...claim });
    expect(first).toMatchObject({ outcome: "go", activity: { attempt: 1 } });
    expect(await opened.store.claim({ ticket, ...claim })).toMatchObject({
      outcome: "go",
      activity: { attempt: 1, name: "charge" },
    });
  });

  test("of many workers with one ticket one may run it", async () => {
    const { opened, ticket } = await pendingActivity();
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        opened.store.claim({ ticket, ...claim, worker: `worker-${index}` }),
      ),
    );
    expect(replies.filter((reply) => reply.outcome === "go")).toHaveLength(1);
  });

  test.each<[string, Partial<ActivityTicket>]>([
    ["another token", { token: "old" }],
    ["no token", { token: "" }],
    ["another activity", { seq: 2 }],
    ["another run", { runId: "other" }],
  ])("a ticket of %s is stale and changes nothing", async (_name, change) => {
    const { opened, ticket } = await pendingActivity();
    const before = await opened.snapshot();
    expect(await opened.store.claim({ ticket: { ...ticket, ...change }, ...claim })).toEqual({
      outcome: "stale",
    });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("an attempt that backs off cannot be claimed, by its old ticket or by none", async () => {
    const { opened, ticket } = await pendingActivity();
    const waiting = await backingOffActivity(opened, ticket, 60_000);
    const before = await opened.snapshot();
    for (const each of [ticket, waiting]) {
      expect(await opened.store.claim({ ticket: each, ...claim })).toEqual({ outcome: "stale" });
    }
    expect(await opened.snapshot()).toEqual(before);
  });

  test("an activity of a closed or replaced run is stale and changes nothing", async () => {
    const { opened, run, ticket } = await pendingActivity();
    await opened.store.terminate({ workflowId: run.workflowId, operationId: freshId() });
    const closed = await opened.snapshot();
    expect(await opened.store.claim({ ticket, ...claim })).toEqual({ outcome: "stale" });
    expect(await opened.snapshot()).toEqual(closed);
    await startRun(opened, { workflowId: run.workflowId });
    const replaced = await opened.snapshot();
    expect(await opened.store.claim({ ticket, ...claim })).toEqual({ outcome: "stale" });
    expect(await opened.snapshot()).toEqual(replaced);
  });

  test("an activity of a suspended run goes on", async () => {
    const { opened, run, ticket } = await pendingActivity();
    await opened.store.suspend({ workflowId: run.workflowId });
    await claimedActivity(opened, ticket);
    const settlement = { outcome: "completed", result: encodePayload(1) } as const;
    expect(await opened.store.settle({ ticket, settlement })).toEqual({ outcome: "settled" });
  });
});
