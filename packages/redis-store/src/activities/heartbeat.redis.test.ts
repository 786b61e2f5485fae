import { decodePayload, encodePayload } from "@heddle/protocol";
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

describe.each(SERVERS)("heartbeat on $server", ({ connection }) => {
  async function pendingActivity() {
    const opened = await openTestStore(connection(), randomNamespace("heartbeat"));
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    return { opened, run, lease, ticket: await scheduledActivity(opened, lease, run) };
  }

  test("of the worker shows that it lives; of the code, that the code does", async () => {
    const { opened, lease, ticket } = await pendingActivity();
    const { claimedAtMs } = await claimedActivity(opened, ticket);
    await opened.redis.hset(opened.partition.activity(ticket.runId, 1), "aliveAtMs", "1");
    expect(await opened.store.heartbeat({ ticket, fromActivity: false })).toEqual({ outcome: "alive" });
    const alive = await storedActivity(opened, lease, ticket);
    expect(alive?.aliveAtMs).toBeGreaterThanOrEqual(claimedAtMs);
    expect(alive?.heartbeatAtMs).toBeUndefined();
    expect(await opened.store.heartbeat({ ticket, fromActivity: true })).toEqual({ outcome: "alive" });
    expect((await storedActivity(opened, lease, ticket))?.heartbeatAtMs).toBeGreaterThanOrEqual(claimedAtMs);
  });

  test("details are there for the next attempt, and stay when a later heartbeat has none", async () => {
    const { opened, lease, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    await opened.store.heartbeat({ ticket, fromActivity: true, details: encodePayload({ page: 7 }) });
    await opened.store.heartbeat({ ticket, fromActivity: true });
    const waiting = await backingOffActivity(opened, ticket);
    await opened.store.advanceActivities(lease, [
      { step: "dispatch", ticket: waiting, queue: "payments", token: "second", dueMs: 1 },
    ]);
    const second = await claimedActivity(opened, { ...ticket, attempt: 2, token: "second" });
    expect(second.attempt).toBe(2);
    expect(decodePayload(second.heartbeatDetails ?? new Uint8Array())).toEqual({ page: 7 });
  });

  test("of an attempt that is not claimed, not current or settled is stale and changes nothing", async () => {
    const { opened, ticket } = await pendingActivity();
    const stale = async (which = ticket) => {
      const before = await opened.snapshot();
      const reply = await opened.store.heartbeat({
        ticket: which,
        fromActivity: true,
        details: encodePayload(1),
      });
      expect(reply).toEqual({ outcome: "stale" });
      expect(await opened.snapshot()).toEqual(before);
    };
    await stale();
    await claimedActivity(opened, ticket);
    await stale({ ...ticket, token: "old" });
    await stale({ ...ticket, seq: 2 });
    const waiting = await backingOffActivity(opened, ticket, 60_000);
    await stale();
    await stale(waiting);
  });

  test("of a closed run is stale, so that its code is told to stop", async () => {
    const { opened, run, ticket } = await pendingActivity();
    await claimedActivity(opened, ticket);
    await opened.store.terminate({ workflowId: run.workflowId, operationId: freshId() });
    const before = await opened.snapshot();
    expect(await opened.store.heartbeat({ ticket, fromActivity: true })).toEqual({ outcome: "stale" });
    expect(await opened.snapshot()).toEqual(before);
  });
});
