import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { backingOffActivity, claimedActivity, scheduledActivity } from "../testing/activities.js";
import { acquiredLease, FIRST_PAGE, signalRequest, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

/** Partitions of which the coordinator was told that they have news. */
async function wakes({ store }: TestStore, coordinatorId: string): Promise<number[]> {
  const woken: number[] = [];
  await store.listen(coordinatorId, {
    coordinatorLeft: () => undefined,
    wake: (partition) => woken.push(partition),
    query: () => Promise.reject(new Error("unused")),
    reconnected: () => undefined,
  });
  return woken;
}

describe.each(SERVERS)("read-inbox on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("inbox"));

  test("pages through the entries in acceptance order", async () => {
    const opened = await open();
    const run = await startRun(opened);
    for (const signalId of ["a", "b", "c"]) await opened.store.signal(signalRequest(run, { signalId }));
    const lease = await acquiredLease(opened);
    const references: string[] = [];
    let after = "0";
    for (;;) {
      const page = await opened.store.readInbox(lease, { after, limit: 2 });
      if (page.outcome !== "ok") throw new Error("the lease is lost");
      const last = page.entries.at(-1);
      if (last === undefined) break;
      expect(page.entries.length).toBeLessThanOrEqual(2);
      expect(page.newestEntry >= last.entryId).toBe(true);
      expect(last.atMs).toBe(Number(last.entryId.split("-")[0]));
      references.push(...page.entries.map((entry) => entry.reference));
      after = last.entryId;
    }
    expect(references).toEqual(["", "a", "b", "c"]);
  });

  test("an owner that found nothing is woken once by what is accepted next", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const woken = await wakes(opened, "c1");
    const lease = await acquiredLease(opened, { coordinatorId: "c1" });
    const page = await opened.store.readInbox(lease, FIRST_PAGE);
    const after = (page.outcome === "ok" && page.entries.at(-1)?.entryId) || "0";
    await opened.store.signal(signalRequest(run));
    expect(await opened.redis.hexists(opened.partition.lease, "idle")).toBe(0);
    const next = await opened.store.readInbox(lease, { after, limit: 100 });
    const behind = (next.outcome === "ok" && next.entries.at(-1)?.entryId) || "0";
    // Busy until here: nobody was woken by the start or by the first signal.
    expect(await opened.store.readInbox(lease, { after: behind, limit: 100 })).toMatchObject({ entries: [] });
    expect(await opened.redis.hget(opened.partition.lease, "idle")).toBe(opened.keys.wakeChannel("c1"));
    for (let index = 0; index < 5; index += 1) await opened.store.signal(signalRequest(run));
    await waitFor(() => woken.length > 0, { description: "the owner is woken" });
    await opened.store.readInbox(lease, { after: behind, limit: 100 });
    await opened.store.signal(signalRequest(run));
    // A second wake-up, of another idle time, arrives behind all that were sent before it.
    const newest = await opened.store.renewLease(lease, 60_000);
    const end = newest.outcome === "ok" ? newest.newestEntry : "0";
    await opened.store.readInbox(lease, { after: end, limit: 100 });
    await opened.store.signal(signalRequest(run));
    await waitFor(() => woken.length >= 2, { description: "the owner is woken again" });
    expect(woken).toEqual([0, 0]);
  });

  test("an activity that backs off wakes an idle owner too, because its plan has changed", async () => {
    const opened = await open();
    const woken = await wakes(opened, "c1");
    const lease = await acquiredLease(opened, { coordinatorId: "c1" });
    const run = await startRun(opened);
    const ticket = await scheduledActivity(opened, lease, run);
    await claimedActivity(opened, ticket);
    await opened.store.readInbox(lease, FIRST_PAGE);
    await backingOffActivity(opened, ticket, 5);
    await waitFor(() => woken.length === 1, { description: "the owner is woken" });
  });

  test("a new owner is not idle before it has looked", async () => {
    const opened = await open();
    const first = await acquiredLease(opened, { coordinatorId: "c1" });
    await opened.store.readInbox(first, FIRST_PAGE);
    await opened.store.releaseLease(first);
    await acquiredLease(opened, { coordinatorId: "c2" });
    expect(await opened.redis.hexists(opened.partition.lease, "idle")).toBe(0);
  });

  test("discarded entries are gone, once or twice, few or many", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened);
    await Promise.all(Array.from({ length: 2_100 }, () => store.signal(signalRequest(run))));
    const lease = await acquiredLease(opened);
    const page = await store.readInbox(lease, { after: "0", limit: 10_000 });
    const ids = page.outcome === "ok" ? page.entries.map((entry) => entry.entryId) : [];
    expect(await store.discardEntries(lease, [])).toEqual({ outcome: "done" });
    expect(await redis.xlen(partition.inbox)).toBe(2_101);
    const [first = "", ...others] = ids;
    expect(await store.discardEntries(lease, others)).toEqual({ outcome: "done" });
    expect(await store.entriesPresent(lease, ids)).toEqual([first]);
    const before = await opened.snapshot();
    expect(await store.discardEntries(lease, others)).toEqual({ outcome: "done" });
    expect(await opened.snapshot()).toEqual(before);
  });
});
