import type { WorkerAnnouncement } from "@heddle/core";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const announced = (change: Partial<WorkerAnnouncement> = {}): WorkerAnnouncement => ({
  ...{ queue: "mail", workerId: "host-1:7:abc", host: "host-1" },
  ...{ concurrency: 20, active: 3, ttlMs: 60_000, ...change },
});
const LIMIT = { limit: 10 };

describe.each(SERVERS)("queues on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("queues"));

  test("a worker that announces itself is alive, with what it said last, and its queue is known", async () => {
    const { store } = await open();
    expect(await store.isQueueKnown("mail")).toBe(false);
    const before = Date.now();
    await store.announceWorker(announced());
    await store.announceWorker(announced({ active: 4 }));
    const { total, workers, nowMs } = await store.liveWorkers("mail", LIMIT);
    expect(total).toBe(1);
    expect(workers).toEqual([
      {
        ...{ id: "host-1:7:abc", host: "host-1", concurrency: 20, active: 4 },
        lastSeenAtMs: expect.any(Number) as number,
      },
    ]);
    // Both by the Redis clock, as far as this process knows it.
    expect(Math.abs((workers[0]?.lastSeenAtMs ?? 0) - nowMs)).toBeLessThan(5_000);
    expect(Math.abs(nowMs - before)).toBeLessThan(60_000);
    expect(await store.queueNames()).toEqual(["mail"]);
    expect(await store.isQueueKnown("mail")).toBe(true);
    expect(await store.liveWorkers("other", LIMIT)).toMatchObject({ total: 0, workers: [] });
  });

  test("a worker that leaves is gone at once, one that falls silent after its time", async () => {
    const { store } = await open();
    await store.announceWorker(announced());
    await store.announceWorker(announced({ workerId: "silent", ttlMs: 300 }));
    await store.withdrawWorker(announced());
    await store.withdrawWorker(announced());
    const total = async () => (await store.liveWorkers("mail", LIMIT)).total;
    expect(await total()).toBe(1);
    await waitFor(async () => (await total()) === 0, { description: "the silent worker is gone" });
  });

  test("nothing is left of workers that were all killed but the name of the queue", async () => {
    const { store, snapshot, keys } = await open();
    const before = await snapshot();
    for (const workerId of ["a", "b"]) await store.announceWorker(announced({ workerId, ttlMs: 300 }));
    await waitFor(async () => Object.keys(await snapshot()).length === Object.keys(before).length + 1, {
      description: "the keys have expired",
    });
    expect(Object.keys(await snapshot())).toContain(keys.queues);
  });

  test("those that live forget those that were killed beside them", async () => {
    const { store, redis, keys } = await open();
    await store.announceWorker(announced({ workerId: "killed", ttlMs: 100 }));
    await waitFor(
      async () => {
        await store.announceWorker(announced({ workerId: "alive" }));
        return (await redis.zcard(keys.queueWorkers("mail"))) === 1;
      },
      { description: "the killed worker is forgotten" },
    );
    expect(await redis.hkeys(keys.queueWorkerDetails("mail"))).toEqual(["alive"]);
    expect(await redis.pttl(keys.queueWorkers("mail"))).toBeGreaterThan(0);
  });

  test("of many workers some are shown and all are counted", async () => {
    const { store } = await open();
    for (let index = 0; index < 5; index += 1) {
      await store.announceWorker(announced({ workerId: `worker-${index}` }));
    }
    const { total, workers } = await store.liveWorkers("mail", { limit: 2 });
    expect([total, workers.length]).toEqual([5, 2]);
  });

  test("queues are listed by name; one that nobody used for a week is not", async () => {
    const { store, redis, keys } = await open();
    for (const queue of ["b", "a", "B"]) await store.noteQueue(queue);
    await redis.zadd(keys.queues, Date.now() - 8 * 24 * 3_600_000, "old");
    expect(await store.queueNames()).toEqual(["B", "a", "b"]);
    await store.noteQueue("a");
    expect(await redis.zscore(keys.queues, "old")).toBeNull();
  });
});
