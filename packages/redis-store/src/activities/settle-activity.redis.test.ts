import type { ActivityTicket, Settlement } from "@heddle/core";
import { decodePayload, encodePayload } from "@heddle/protocol";
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
import { acquiredLease, freshId, inboxOf, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const failure = { name: "CardError", message: "declined" };
const SETTLEMENTS: readonly Settlement[] = [
  { outcome: "completed", result: encodePayload({ receipt: 5 }) },
  { outcome: "failed", failure },
  { outcome: "retry", failure, delayMs: 60_000 },
  { outcome: "returned", reason: "drain", delayMs: 60_000 },
];

describe.each(SERVERS)("settle-activity on $server", ({ connection }) => {
  async function claimed() {
    const opened = await openTestStore(connection(), randomNamespace("settle"));
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const ticket = await scheduledActivity(opened, lease, run);
    await claimedActivity(opened, ticket);
    return { ...opened, opened, run, lease, ticket };
  }

  test.each(SETTLEMENTS.slice(0, 2))("$outcome becomes an event of the run, once", async (settlement) => {
    const { opened, store, redis, partition, lease, ticket } = await claimed();
    expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "settled" });
    const [event, ...others] = await inboxOf(opened, lease);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ kind: `activity-${settlement.outcome}`, reference: "1", extra: "1" });
    const expected = settlement.outcome === "completed" ? { receipt: 5 } : failure;
    expect(decodePayload(event?.data ?? new Uint8Array())).toEqual(expected);
    expect(await redis.exists(partition.activity(ticket.runId, 1), partition.timers)).toBe(0);
    const before = await opened.snapshot();
    expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "stale" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test.each(SETTLEMENTS.slice(2))(
    "$outcome waits for its delay and tells the run nothing",
    async (settlement) => {
      const { opened, store, redis, partition, lease, ticket } = await claimed();
      const { claimedAtMs = 0 } = (await storedActivity(opened, lease, ticket)) ?? {};
      expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "retrying" });
      const stored = await storedActivity(opened, lease, ticket);
      expect(stored).toMatchObject({
        state: "backing-off",
        ticket: { attempt: 1, token: "" },
        claimedAtMs: undefined,
        aliveAtMs: undefined,
        livenessMs: undefined,
      });
      expect(stored?.retryAtMs).toBeGreaterThanOrEqual(claimedAtMs + 60_000);
      expect(Number(await redis.zscore(partition.timers, timerMember(timerOf(ticket))))).toBe(
        stored?.retryAtMs,
      );
      const expected = settlement.outcome === "retry" ? failure : { name: "Returned", message: "drain" };
      expect(decodePayload(stored?.lastFailure ?? new Uint8Array())).toEqual(expected);
      expect(await inboxOf(opened, lease)).toEqual([]);
      const before = await opened.snapshot();
      expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "stale" });
      expect(await opened.snapshot()).toEqual(before);
    },
  );

  test.each(SETTLEMENTS)("$outcome with another token changes nothing", async (settlement) => {
    const { opened, store, ticket } = await claimed();
    const stale = async (change: Partial<ActivityTicket>) => {
      const before = await opened.snapshot();
      const reply = await store.settle({ ticket: { ...ticket, ...change }, settlement });
      expect(reply).toEqual({ outcome: "stale" });
      expect(await opened.snapshot()).toEqual(before);
    };
    await stale({ token: "old" });
    await stale({ token: "" });
    await stale({ seq: 7 });
    await backingOffActivity(opened, ticket, 60_000);
    await stale({});
    await stale({ token: "" });
  });

  test.each(SETTLEMENTS)(
    "$outcome of a closed run is no event, and the activity is removed",
    async (settlement) => {
      const { opened, store, redis, partition, lease, run, ticket } = await claimed();
      await store.terminate({ workflowId: run.workflowId, operationId: freshId() });
      expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "stale" });
      expect((await inboxOf(opened, lease)).map((entry) => entry.kind)).toEqual(["notice"]);
      expect(await redis.exists(partition.activity(ticket.runId, 1), partition.timers)).toBe(0);
    },
  );

  test("a ticket that was never claimed can be settled by who holds it", async () => {
    const { opened, store, lease } = await claimed();
    const ticket = await scheduledActivity(opened, lease, await startRun(opened));
    const [completed] = SETTLEMENTS;
    if (completed === undefined) throw new Error("a settlement");
    expect(await store.settle({ ticket, settlement: completed })).toEqual({ outcome: "settled" });
  });

  test("of many who settle one attempt one is heard", async () => {
    const { opened, store, lease, ticket } = await claimed();
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        store.settle({ ticket, settlement: { outcome: "completed", result: encodePayload(index) } }),
      ),
    );
    expect(replies.filter((reply) => reply.outcome === "settled")).toHaveLength(1);
    expect(await inboxOf(opened, lease)).toHaveLength(1);
  });
});
