import type { Lease } from "@heddle/core";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { scheduledActivity } from "../testing/activities.js";
import { acquiredLease, FIRST_PAGE, outboxOf, startRun, turnOf } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

/** A partition with something for every owner call to change. */
async function busyPartition(opened: TestStore) {
  const lease = await acquiredLease(opened);
  const run = await startRun(opened);
  const ticket = await scheduledActivity(opened, lease, run);
  await startRun(opened);
  const { workflowId, runId } = run;
  const kinds = ["timer", "activity", "purge", "start", "deadline"] as const;
  const refs = kinds.map((kind) => ({ kind, seq: 1, workflowId, runId }));
  await opened.redis.zadd(opened.partition.timers, 1, `start:1:${runId}:${workflowId}`);
  await opened.redis.zadd(opened.partition.timers, 1, `deadline:1:${runId}:${workflowId}`);
  await opened.redis.zadd(opened.partition.timers, 1, `timer:1:${runId}:${workflowId}`);
  await opened.redis.zadd(opened.partition.timers, 1, `purge:1:${runId}:${workflowId}`);
  const entryIds = (await outboxOf(opened, lease)).map((entry) => entry.entryId);
  const inbox = await opened.store.readInbox(lease, FIRST_PAGE);
  const inboxIds = inbox.outcome === "ok" ? inbox.entries.map((entry) => entry.entryId) : [];
  return { run, ticket, refs, entryIds, inboxIds, turn: await turnOf(opened, lease, run) };
}

type Busy = Awaited<ReturnType<typeof busyPartition>>;

const CALLS: readonly [string, (opened: TestStore, stale: Lease, busy: Busy) => Promise<unknown>][] = [
  ["renewLease", ({ store }, stale) => store.renewLease(stale, 1)],
  ["readInbox", ({ store }, stale) => store.readInbox(stale, { after: "9999999999999-0", limit: 1 })],
  ["commitTurns", ({ store }, stale, { turn }) => store.commitTurns(stale, [turn], FIRST_PAGE)],
  ["discardEntries", ({ store }, stale, { inboxIds }) => store.discardEntries(stale, inboxIds)],
  ["dueTimers", ({ store }, stale) => store.dueTimers(stale, 10)],
  ["fireTimers", ({ store }, stale, { refs }) => store.fireTimers(stale, refs.slice(0, 1))],
  ["purge", ({ store }, stale, { refs }) => store.purge(stale, refs.slice(2, 3))],
  ["beginDelayedRuns", ({ store }, stale, { refs }) => store.beginDelayedRuns(stale, refs.slice(3, 4))],
  ["timeOutRuns", ({ store }, stale, { refs }) => store.timeOutRuns(stale, refs.slice(4))],
  ["readOutbox", ({ store }, stale) => store.readOutbox(stale, FIRST_PAGE)],
  ["readMessages", ({ store }, stale) => store.readMessages(stale, FIRST_PAGE)],
  [
    "messageDone",
    ({ store }, stale, { run }) =>
      store.messageDone(
        stale,
        {
          ...{ entryId: "1-1", kind: "signal", sender: run, seq: 1, target: run.workflowId, runId: "" },
          data: Buffer.alloc(0),
        },
        { answer: undefined, endsChild: false },
      ),
  ],
  ["relayDone", ({ store }, stale, { entryIds }) => store.relayDone(stale, entryIds)],
  [
    "advanceActivities",
    ({ store }, stale, { ticket }) =>
      store.advanceActivities(stale, [
        { step: "put-ticket-again", ticket, queue: "payments", dueMs: 5 },
        { step: "time-out", ticket, failure: { name: "Error", message: "late" } },
        { step: "drop", ticket },
      ]),
  ],
  [
    "clearClosedRun",
    ({ store }, stale, { run: { workflowId, runId } }) =>
      store.clearClosedRun(stale, { workflowId, runId, activities: [1], timers: [1], retentionMs: 1 }),
  ],
];

describe.each(SERVERS)("an owner with a stale nonce on $server", ({ connection }) => {
  test.each(CALLS)("%s says lease-lost and changes nothing", async (_name, call) => {
    const opened = await openTestStore(connection(), randomNamespace("stale"));
    const busy = await busyPartition(opened);
    const stale: Lease = { partition: 0, nonce: "of an earlier owner", epoch: 0 };
    const before = await opened.snapshot();
    expect(await call(opened, stale, busy)).toEqual({ outcome: "lease-lost" });
    expect(await opened.snapshot()).toEqual(before);
    await opened.redis.del(opened.partition.lease);
    const withoutLease = await opened.snapshot();
    expect(await call(opened, stale, busy)).toEqual({ outcome: "lease-lost" });
    expect(await opened.snapshot()).toEqual(withoutLease);
  });
});
