import { encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  backingOffActivity,
  claimedActivity,
  scheduledActivity,
  storedActivity,
} from "../testing/activities.js";
import { acquiredLease, freshId, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("hand-over-activity on $server", ({ connection }) => {
  async function pendingActivity() {
    const opened = await openTestStore(connection(), randomNamespace("hand-over"));
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    return { opened, ...opened, run, lease, ticket: await scheduledActivity(opened, lease, run) };
  }

  test("ends the liveness of a claimed attempt; repeating it changes nothing", async () => {
    const { opened, store, lease, ticket } = await pendingActivity();
    const { claimedAtMs } = await claimedActivity(opened, ticket);
    expect(await store.handOver(ticket)).toEqual({ outcome: "handed-over" });
    const stored = await storedActivity(opened, lease, ticket);
    expect(stored).toMatchObject({ state: "started", ticket, claimedAtMs });
    expect([stored?.aliveAtMs, stored?.livenessMs]).toEqual([undefined, undefined]);
    const before = await opened.snapshot();
    expect(await store.handOver(ticket)).toEqual({ outcome: "handed-over" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("afterwards its ticket is stale for every worker, also for the one that had it", async () => {
    const { opened, store, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    await store.handOver(ticket);
    const before = await opened.snapshot();
    for (const worker of ["worker-1", "worker-2"]) {
      expect(await store.claim({ ticket, worker, livenessMs: 30_000 })).toEqual({ outcome: "stale" });
    }
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a worker found silent before it handed over does not end the attempt", async () => {
    const { opened, store, lease, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    await store.handOver(ticket);
    const before = await opened.snapshot();
    const failure = { name: "WorkerLostError", message: "silent" };
    const step = { step: "time-out", ticket, failure, retryDelayMs: 1, workerLost: true } as const;
    expect(await store.advanceActivities(lease, [step])).toEqual([]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("stop-looking takes the timer of the current attempt away, and of no other", async () => {
    const { opened, store, redis, partition, lease, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    await store.handOver(ticket);
    await store.advanceActivities(lease, [{ step: "stop-looking", ticket: { ...ticket, token: "old" } }]);
    expect(await redis.zcard(partition.timers)).toBe(1);
    await store.advanceActivities(lease, [{ step: "stop-looking", ticket }]);
    expect(await redis.zcard(partition.timers)).toBe(0);
    const settlement = { outcome: "completed", result: encodePayload(1) } as const;
    expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "settled" });
  });

  test("an attempt that is not claimed, another's or of a closed run is stale and unchanged", async () => {
    const { opened, store, run, ticket } = await pendingActivity();
    const stale = async (which = ticket) => {
      const before = await opened.snapshot();
      expect(await store.handOver(which)).toEqual({ outcome: "stale" });
      expect(await opened.snapshot()).toEqual(before);
    };
    await stale();
    await claimedActivity(opened, ticket);
    await stale({ ...ticket, token: "old" });
    await stale({ ...ticket, seq: 2 });
    await store.terminate({ workflowId: run.workflowId, operationId: freshId() });
    await stale();
  });

  test("an attempt that backs off is nobody's to hand over", async () => {
    const { opened, store, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    const waiting = await backingOffActivity(opened, ticket, 60_000);
    const before = await opened.snapshot();
    for (const each of [ticket, waiting]) expect(await store.handOver(each)).toEqual({ outcome: "stale" });
    expect(await opened.snapshot()).toEqual(before);
  });
});
