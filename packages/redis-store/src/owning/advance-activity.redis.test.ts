import type { ActivityStep, ActivityTicket } from "@heddle/core";
import { decodePayload } from "@heddle/protocol";
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
import { acquiredLease, freshId, inboxOf, outboxOf, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const late = { name: "ActivityTimedOutError", message: "too late" };

describe.each(SERVERS)("advance-activity on $server", ({ connection }) => {
  async function pendingActivity() {
    const opened = await openTestStore(connection(), randomNamespace("advance"));
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const ticket = await scheduledActivity(opened, lease, run);
    const dueMsOf = async () =>
      Number(await opened.redis.zscore(opened.partition.timers, timerMember(timerOf(ticket))));
    const outbox = () => outboxOf(opened, lease);
    const advance = (...steps: ActivityStep[]) => opened.store.advanceActivities(lease, steps);
    return { ...opened, opened, run, lease, ticket, dueMsOf, outbox, advance };
  }

  test("look-again moves the due time only", async () => {
    const { advance, ticket, dueMsOf, opened, lease, outbox } = await pendingActivity();
    const before = await storedActivity(opened, lease, ticket);
    expect(await advance({ step: "look-again", ticket, dueMs: 4_321 })).toEqual([]);
    expect(await dueMsOf()).toBe(4_321);
    expect(await storedActivity(opened, lease, ticket)).toEqual(before);
    expect(await outbox()).toHaveLength(1);
  });

  test("put-ticket-again puts the same ticket and counts it", async () => {
    const { advance, ticket, dueMsOf, opened, lease, outbox } = await pendingActivity();
    const step = { step: "put-ticket-again", ticket, queue: "payments", dueMs: 4_321 } as const;
    const relay = await advance(step);
    expect(relay).toEqual([{ entryId: expect.any(String) as unknown, queue: "payments", ticket }]);
    const [first, second, ...others] = await outbox();
    expect([first?.ticket, others]).toEqual([ticket, []]);
    expect([second]).toEqual(relay);
    expect(await dueMsOf()).toBe(4_321);
    expect(await storedActivity(opened, lease, ticket)).toMatchObject({
      state: "scheduled",
      ticketChecks: 1,
    });
  });

  test("dispatch gives a backed-off activity its next attempt and a new token", async () => {
    const { advance, ticket, opened, lease, outbox } = await pendingActivity();
    await claimedActivity(opened, ticket);
    const waiting = await backingOffActivity(opened, ticket);
    const step = {
      step: "dispatch",
      ticket: waiting,
      queue: "payments",
      token: "second",
      dueMs: 4_321,
    } as const;
    const next: ActivityTicket = { ...ticket, attempt: 2, token: "second" };
    const relay = await advance(step);
    expect(relay).toEqual([{ entryId: expect.any(String) as unknown, queue: "payments", ticket: next }]);
    expect([(await outbox()).at(-1)]).toEqual(relay);
    const stored = await storedActivity(opened, lease, ticket);
    expect(stored).toMatchObject({
      state: "scheduled",
      ticket: next,
      ticketChecks: 0,
      claimedAtMs: undefined,
    });
    expect(stored?.retryAtMs).toBeUndefined();
    const before = await opened.snapshot();
    expect(await advance(step)).toEqual([]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("an attempt that was given back unrun is not counted", async () => {
    const { advance, ticket, opened, lease } = await pendingActivity();
    await claimedActivity(opened, ticket);
    const settlement = { outcome: "returned", reason: "drain", delayMs: 0 } as const;
    expect(await opened.store.settle({ ticket, settlement })).toEqual({ outcome: "retrying" });
    const waiting = { ...ticket, token: "" };
    await advance({ step: "dispatch", ticket: waiting, queue: "payments", token: "second", dueMs: 1 });
    expect(await storedActivity(opened, lease, ticket)).toMatchObject({
      ticket: { attempt: 1, token: "second" },
    });
  });

  test("time-out tells the run, with the attempt that was too late", async () => {
    const { advance, ticket, opened, lease, partition, redis } = await pendingActivity();
    await claimedActivity(opened, ticket);
    expect(await advance({ step: "time-out", ticket, failure: late })).toEqual([]);
    const [event, ...others] = await inboxOf(opened, lease);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ kind: "activity-failed", reference: "1", extra: "1", runId: ticket.runId });
    expect(decodePayload(event?.data ?? new Uint8Array())).toEqual(late);
    expect(await storedActivity(opened, lease, ticket)).toBeUndefined();
    expect(await redis.exists(partition.timers)).toBe(0);
  });

  test("time-out with a delay backs off without telling the run", async () => {
    const { advance, ticket, opened, lease, dueMsOf } = await pendingActivity();
    await claimedActivity(opened, ticket);
    await advance({ step: "time-out", ticket, failure: late, retryDelayMs: 60_000 });
    const stored = await storedActivity(opened, lease, ticket);
    expect(stored).toMatchObject({ state: "backing-off", ticket: { attempt: 1, token: "" } });
    expect(await dueMsOf()).toBe(stored?.retryAtMs);
    expect(await inboxOf(opened, lease)).toEqual([]);
    const stale = await opened.store.settle({
      ticket,
      settlement: { outcome: "completed", result: Buffer.from([1]) },
    });
    expect(stale).toEqual({ outcome: "stale" });
  });

  test("an activity that times out while it backs off ends", async () => {
    const { advance, ticket, opened, lease } = await pendingActivity();
    const waiting = await backingOffActivity(opened, ticket, 60_000);
    await advance({ step: "time-out", ticket: waiting, failure: late });
    expect(await storedActivity(opened, lease, ticket)).toBeUndefined();
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "activity-failed", extra: "1" }]);
  });

  test("drop removes the activity", async () => {
    const { advance, ticket, opened, lease, redis, partition } = await pendingActivity();
    expect(await advance({ step: "drop", ticket })).toEqual([]);
    expect(await storedActivity(opened, lease, ticket)).toBeUndefined();
    expect(await redis.exists(partition.timers)).toBe(0);
  });

  test.each<[string, Partial<ActivityTicket>]>([
    ["another attempt", { attempt: 2 }],
    ["another token", { token: "of another dispatch" }],
    ["an activity that backs off", { token: "" }],
  ])("a step computed from %s changes nothing", async (_name, change) => {
    const { advance, ticket, opened } = await pendingActivity();
    const seen = { ...ticket, ...change };
    const before = await opened.snapshot();
    const steps: ActivityStep[] = [
      { step: "look-again", ticket: seen, dueMs: 1 },
      { step: "put-ticket-again", ticket: seen, queue: "payments", dueMs: 1 },
      { step: "dispatch", ticket: seen, queue: "payments", token: "t", dueMs: 1 },
      { step: "time-out", ticket: seen, failure: late },
      { step: "time-out", ticket: seen, failure: late, retryDelayMs: 1 },
      { step: "drop", ticket: seen },
    ];
    expect(await advance(...steps)).toEqual([]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a step that does not fit the state changes nothing", async () => {
    const { advance, ticket, opened } = await pendingActivity();
    const before = await opened.snapshot();
    await advance({ step: "dispatch", ticket, queue: "payments", token: "t", dueMs: 1 });
    expect(await opened.snapshot()).toEqual(before);
    await claimedActivity(opened, ticket);
    const claimed = await opened.snapshot();
    expect(await advance({ step: "put-ticket-again", ticket, queue: "payments", dueMs: 1 })).toEqual([]);
    expect(await opened.snapshot()).toEqual(claimed);
  });

  test("an activity that is gone, or of a closed run, leaves the timers", async () => {
    const { advance, ticket, opened, redis, partition } = await pendingActivity();
    await redis.zadd(partition.timers, 1, timerMember(timerOf({ ...ticket, seq: 9 })));
    await advance({ step: "look-again", ticket: { ...ticket, seq: 9 }, dueMs: 9 });
    expect(await redis.zrange(partition.timers, 0, "-1")).toEqual([timerMember(timerOf(ticket))]);
    await opened.store.terminate({ workflowId: ticket.workflowId, operationId: freshId() });
    expect(await advance({ step: "put-ticket-again", ticket, queue: "payments", dueMs: 9 })).toEqual([]);
    expect(await redis.exists(partition.timers, partition.activity(ticket.runId, 1))).toBe(0);
  });

  test("one stale activity does not hold up the others", async () => {
    const { advance, ticket, opened, lease } = await pendingActivity();
    const other = await scheduledActivity(opened, lease, await startRun(opened));
    const queue = "payments";
    const relay = await advance(
      { step: "put-ticket-again", ticket: { ...ticket, token: "old" }, queue, dueMs: 1 },
      { step: "put-ticket-again", ticket: other, queue, dueMs: 1 },
    );
    expect(relay).toEqual([expect.objectContaining({ ticket: other })]);
  });
});
