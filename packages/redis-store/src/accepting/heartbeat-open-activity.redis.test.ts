import { decodePayload, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  backingOffActivity,
  claimedActivity,
  scheduledActivity,
  storedActivity,
} from "../testing/activities.js";
import { acquiredLease, committedTurn, freshId, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("heartbeat-open-activity on $server", ({ connection }) => {
  async function pendingActivity() {
    const opened = await openTestStore(connection(), randomNamespace("open-heartbeat"));
    const run = await startRun(opened);
    const { workflowId } = run;
    const lease = await acquiredLease(opened);
    const ticket = await scheduledActivity(opened, lease, run);
    await committedTurn(opened, lease, run, { references: [{ reference: "charge-1", seq: 1 }] });
    const byToken = { workflowId, ticket };
    const byReference = { workflowId, reference: "charge-1" };
    return { ...opened, opened, run, lease, ticket, byToken, byReference };
  }

  test("restarts the heartbeat timeout and says nothing about the worker", async () => {
    const { opened, store, lease, ticket, byToken, byReference } = await pendingActivity();
    const { claimedAtMs } = await claimedActivity(opened, ticket);
    for (const activity of [byToken, byReference]) {
      await opened.redis.hset(opened.partition.activity(ticket.runId, 1), { aliveAtMs: 1, heartbeatAtMs: 2 });
      expect(await store.heartbeatOpenActivity(activity, undefined)).toEqual({ outcome: "alive" });
      const stored = await storedActivity(opened, lease, ticket);
      expect(stored?.heartbeatAtMs).toBeGreaterThanOrEqual(claimedAtMs);
      expect(stored?.aliveAtMs).toBe(1);
    }
  });

  test("details are there for the next attempt, also when they were given while the activity backed off", async () => {
    const { opened, store, lease, ticket, byReference } = await pendingActivity();
    await claimedActivity(opened, ticket);
    const waiting = await backingOffActivity(opened, ticket);
    await store.heartbeatOpenActivity(byReference, encodePayload({ page: 7 }));
    await store.heartbeatOpenActivity(byReference, undefined);
    await store.advanceActivities(lease, [
      { step: "dispatch", ticket: waiting, queue: "payments", token: "second", dueMs: 1 },
    ]);
    const second = await claimedActivity(opened, { ...ticket, attempt: 2, token: "second" });
    expect(decodePayload(second.heartbeatDetails ?? new Uint8Array())).toEqual({ page: 7 });
  });

  test("what is not open is told apart, and nothing is written", async () => {
    const { opened, store, run, ticket, byToken, byReference } = await pendingActivity();
    const { workflowId, runId } = run;
    const unchanged = async (
      activity: Parameters<typeof store.heartbeatOpenActivity>[0],
      outcome: object,
    ) => {
      const before = await opened.snapshot();
      expect(await store.heartbeatOpenActivity(activity, encodePayload(1))).toEqual(outcome);
      expect(await opened.snapshot()).toEqual(before);
    };
    await unchanged({ workflowId, ticket: { ...ticket, token: "old" } }, { outcome: "already-settled" });
    await unchanged({ workflowId, reference: "charge-2" }, { outcome: "not-found", runId });
    await unchanged({ workflowId: "nobody", reference: "charge-1" }, { outcome: "workflow-not-found" });
    await store.settle({ ticket, settlement: { outcome: "completed", result: encodePayload(1) } });
    await unchanged(byToken, { outcome: "already-settled" });
    await unchanged(byReference, { outcome: "already-settled" });
    await store.terminate({ workflowId, operationId: freshId() });
    await unchanged(byToken, { outcome: "closed", runId, status: "terminated" });
  });
});
