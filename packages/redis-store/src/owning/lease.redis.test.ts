import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

describe.each(SERVERS)("leases on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("lease"), options);
  const acquire = ({ store }: TestStore, coordinatorId: string, ttlMs = 60_000) =>
    store.acquireLease({ partition: 0, coordinatorId, ttlMs });

  test("a free partition is acquired, with its own channel to be woken by", async () => {
    const opened = await open();
    const reply = await acquire(opened, "c1");
    expect(reply).toMatchObject({ outcome: "acquired", lease: { partition: 0, epoch: 1 } });
    const channel = opened.keys.wakeChannel("c1");
    const stored = await opened.redis.hgetall(opened.partition.lease);
    expect(stored).toMatchObject({ owner: "c1", channel, partition: "0", epoch: "1" });
  });

  test("a held partition names its owner and changes nothing, not even for the owner itself", async () => {
    const opened = await open();
    await acquire(opened, "c1");
    const before = await opened.snapshot();
    for (const coordinatorId of ["c1", "c2"]) {
      const reply = await acquire(opened, coordinatorId);
      expect(reply).toMatchObject({ outcome: "held", owner: "c1" });
      expect(reply.outcome === "held" && reply.expiresInMs).toBeGreaterThan(50_000);
    }
    expect(await opened.snapshot()).toEqual(before);
  });

  test("an expired lease is taken over with another nonce and a higher epoch", async () => {
    const opened = await open();
    const first = await acquiredLease(opened, { ttlMs: 1 });
    const second = await waitFor(
      async () => {
        const reply = await acquire(opened, "c2");
        return reply.outcome === "acquired" && reply.lease;
      },
      { description: "the lease has expired" },
    );
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.epoch).toBe(first.epoch + 1);
    const before = await opened.snapshot();
    expect(await opened.store.renewLease(first, 60_000)).toEqual({ outcome: "lease-lost" });
    await opened.store.releaseLease(first);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a renewed lease lasts longer and tells what is new", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened, { ttlMs: 1 });
    expect(await opened.store.renewLease(lease, 60_000)).toMatchObject({
      outcome: "ok",
      nextDueMs: undefined,
      newestEntry: "0-0",
    });
    expect(await acquire(opened, "c2")).toMatchObject({ outcome: "held" });
    await startRun(opened);
    await opened.redis.zadd(opened.partition.timers, 1_234, "timer:1:r:w", 9_999, "timer:2:r:w");
    const news = await opened.store.renewLease(lease, 60_000);
    expect(news).toMatchObject({ outcome: "ok", nextDueMs: 1_234 });
    if (news.outcome !== "ok") return;
    expect(news.newestEntry).toMatch(/^\d{13}-\d+$/);
    expect(Math.abs(news.nowMs - Date.now())).toBeLessThan(10_000);
  });

  test("a released partition is free at once and its epoch keeps rising", async () => {
    const opened = await open();
    const first = await acquiredLease(opened);
    await opened.store.releaseLease(first);
    const released = await opened.redis.hgetall(opened.partition.lease);
    expect(released).toEqual({ partition: "0", epoch: "1" });
    expect(await acquire(opened, "c2")).toMatchObject({ outcome: "acquired", lease: { epoch: 2 } });
  });

  test("of many who want a partition one gets it", async () => {
    const opened = await open();
    const replies = await Promise.all(Array.from({ length: 20 }, (_, index) => acquire(opened, `c${index}`)));
    expect(replies.filter((reply) => reply.outcome === "acquired")).toHaveLength(1);
  });

  test("each partition has a lease of its own", async () => {
    const opened = await open({ partitions: 3 });
    for (const partition of [0, 1, 2]) {
      expect(await acquiredLease(opened, { partition })).toMatchObject({ partition, epoch: 1 });
    }
    await expect(acquiredLease(opened, { partition: 3 })).rejects.toThrow("there is no partition 3");
  });

  test("live coordinators are counted until they withdraw or stay silent", async () => {
    const opened = await open();
    const { store, redis, keys } = opened;
    expect(await store.announceCoordinator({ coordinatorId: "c1", ttlMs: 60_000 })).toBe(1);
    expect(await store.announceCoordinator({ coordinatorId: "c2", ttlMs: 60_000 })).toBe(2);
    expect(await store.announceCoordinator({ coordinatorId: "c2", ttlMs: 60_000 })).toBe(2);
    await store.withdrawCoordinator("c1");
    expect(await store.announceCoordinator({ coordinatorId: "c2", ttlMs: 60_000 })).toBe(1);
    await redis.zadd(keys.coordinators, Date.now() - 60_001, "killed");
    expect(await store.announceCoordinator({ coordinatorId: "c2", ttlMs: 60_000 })).toBe(1);
    expect(await redis.zrange(keys.coordinators, 0, "-1")).toEqual(["c2"]);
  });
});
