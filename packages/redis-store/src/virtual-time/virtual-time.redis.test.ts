import { randomUUID } from "node:crypto";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { encodePayload } from "@heddle/protocol";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createRedisStore } from "../redis-store.js";
import { definedScripts } from "../script.js";
import { claimedActivity, scheduledActivity } from "../testing/activities.js";
import { acquiredLease, startRun } from "../testing/runs.js";
import { openTestStore } from "../testing/test-store.js";

const START_MS = Date.UTC(2040, 0, 1);
const HOUR_MS = 3_600_000;

async function openOnVirtualTime(startAtMs = START_MS) {
  const opened = await openTestStore({ url: inject("redisUrl") }, randomNamespace("virtual"), {
    virtualTime: { startAtMs },
  });
  const { virtualTime } = opened.store;
  if (virtualTime === undefined) throw new Error("the store has virtual time");
  const start = (workflowId: string) =>
    opened.store.start({
      ...{ workflowId, runId: randomUUID(), type: "order", input: encodePayload(1) },
      ...{ onOpen: "fail" as const, onClosed: "allow" as const },
      times: { startAfterMs: HOUR_MS },
    });
  const own = async (coordinatorId: string, ttlMs = 60_000) => {
    const reply = await opened.store.acquireLease({ partition: 0, coordinatorId, ttlMs });
    if (reply.outcome !== "acquired") throw new Error(`the partition is ${reply.owner}'s`);
    return reply.lease;
  };
  return { ...opened, virtualTime, start, own };
}

test("time is what the test says, in headers, due times and ids of events", async () => {
  const { store, virtualTime, start, own } = await openOnVirtualTime();
  await start("one");
  await virtualTime.moveTo(START_MS + 1_000);
  await store.signal({ workflowId: "one", name: "go", payload: encodePayload(1), operationId: "operation" });
  expect(await store.describe("one")).toMatchObject({ createdAtMs: START_MS, startAtMs: START_MS + HOUR_MS });
  const page = await store.readInbox(await own("owner"), { after: "0", limit: 10 });
  if (page.outcome === "lease-lost") throw new Error("the lease is ours");
  expect(page.nowMs).toBe(START_MS + 1_000);
  expect(page.entries.map(({ kind, atMs }) => [kind, atMs])).toEqual([
    ["start-delayed", START_MS],
    ["signal", START_MS + 1_000],
  ]);
});

test("nothing is due before the clock is moved there, however long it takes", async () => {
  const { store, virtualTime, start, own } = await openOnVirtualTime();
  await start("one");
  const lease = await own("owner");
  const due = async () => {
    const reply = await store.dueTimers(lease, 10);
    return reply.outcome === "lease-lost" ? reply.outcome : reply.due.length;
  };
  await virtualTime.moveTo(START_MS + HOUR_MS - 1);
  expect(await due()).toBe(0);
  await virtualTime.moveTo(START_MS + HOUR_MS);
  expect(await due()).toBe(1);
});

test("the clock never goes back, and a second store of the namespace finds it where it is", async () => {
  const { store, namespace, virtualTime } = await openOnVirtualTime();
  await virtualTime.moveTo(START_MS + 5_000);
  await virtualTime.moveTo(START_MS);
  expect(virtualTime.nowMs()).toBe(START_MS + 5_000);
  const second = await createRedisStore({
    ...{ connection: { url: inject("redisUrl") }, namespace, partitions: store.partitions },
    virtualTime: { startAtMs: 0 },
  });
  onTestFinished(() => second.close());
  expect(second.virtualTime?.nowMs()).toBe(START_MS + 5_000);
});

test("moving the clock wakes an owner that waits", async () => {
  const { store, virtualTime, own } = await openOnVirtualTime();
  const woken: number[] = [];
  const listening = await store.listen("owner", {
    wake: (partition) => void woken.push(partition),
    coordinatorLeft: () => undefined,
    query: () => Promise.resolve({ outcome: "not-found" }),
    reconnected: () => undefined,
  });
  onTestFinished(() => listening.stop());
  const lease = await own("owner");
  await store.readInbox(lease, { after: "0", limit: 10 });
  await virtualTime.moveTo(START_MS + 1);
  await waitFor(() => woken.length > 0, { description: "the wake-up" });
  expect(woken).toEqual([0]);
});

test("leases live by the server's clock: no leap ends one, and one expires while time stands still", async () => {
  const { store, virtualTime, own } = await openOnVirtualTime();
  const lease = await own("owner");
  await virtualTime.moveTo(START_MS + 1_000 * HOUR_MS);
  expect(await store.acquireLease({ partition: 0, coordinatorId: "other", ttlMs: 1 })).toMatchObject({
    outcome: "held",
    owner: "owner",
  });
  expect(await store.renewLease(lease, 20)).toMatchObject({
    outcome: "ok",
    nowMs: START_MS + 1_000 * HOUR_MS,
  });
  const taken = await waitFor(
    async () => {
      const reply = await store.acquireLease({ partition: 0, coordinatorId: "other", ttlMs: 1_000 });
      return reply.outcome === "acquired" ? reply : undefined;
    },
    { description: "the end of the lease" },
  );
  expect(taken).toMatchObject({ outcome: "acquired" });
});

describe("look", () => {
  test("tells what there is to do, now and later", async () => {
    const { virtualTime, start } = await openOnVirtualTime();
    expect(await virtualTime.look()).toEqual({ unprocessed: 0, nextDueMs: undefined, activities: [] });
    await start("one");
    await virtualTime.moveTo(START_MS + 10);
    await start("two");
    expect(await virtualTime.look()).toEqual({
      unprocessed: 2,
      nextDueMs: START_MS + HOUR_MS,
      activities: [],
    });
  });
});

test("a look tells how far each pending activity is, and one that moves in this moment as moving", async () => {
  const opened = await openOnVirtualTime();
  const { store, virtualTime } = opened;
  const stateNow = async () => (await virtualTime.look()).activities.map(({ name, state }) => [name, state]);
  const lease = await acquiredLease(opened);
  const run = await startRun(opened);
  const ticket = await scheduledActivity(opened, lease, run);
  expect(await stateNow()).toEqual([["charge", "scheduled"]]);
  await claimedActivity(opened, ticket);
  expect(await stateNow()).toEqual([["charge", "started"]]);

  // Sent in this order: the due times are looked at before the retry is decided, its state afterwards.
  const failure = { name: "Error", message: "declined" };
  const retry = { outcome: "retry" as const, failure, delayMs: HOUR_MS };
  const [crossed] = await Promise.all([stateNow(), store.settle({ ticket, settlement: retry })]);
  expect(crossed).toEqual([["charge", "moving"]]);
  expect(await stateNow()).toEqual([["charge", "backing-off"]]);
  expect((await virtualTime.look()).nextDueMs).toBe(START_MS + HOUR_MS);
});

test("without virtual time every script is sent as it is, and the namespace has no clock", async () => {
  const { store, redis, keys } = await openTestStore({ url: inject("redisUrl") }, randomNamespace("real"));
  expect(store.virtualTime).toBeUndefined();
  expect(store.timeStandsStill).toBe(false);
  expect(await redis.exists(keys.virtualTime)).toBe(0);
  for (const { body } of definedScripts) expect(body).not.toContain("CLOCK");
});

test("a cluster is refused before anything is written", async () => {
  const connection = { cluster: inject("clusterNodes") };
  await expect(
    createRedisStore({ connection, namespace: randomNamespace("virtual"), virtualTime: {} }),
  ).rejects.toMatchObject({ code: "CONFIGURATION" });
});
