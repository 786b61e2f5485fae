import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("polls on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("polls"));

  test("who polled a queue is known, the latest first, and so is the queue", async () => {
    const { store } = await open();
    expect(await store.lastPollAtMs("mail")).toBeUndefined();
    expect([await store.pollersOf("mail"), await store.polledQueues()]).toEqual([[], []]);
    for (const poller of ["a", "b", "a"]) await store.notePoll({ queue: "mail", label: "the mail", poller });
    const pollers = await store.pollersOf("mail");
    expect(new Set(pollers.map(({ poller }) => poller))).toEqual(new Set(["a", "b"]));
    const last = await store.lastPollAtMs("mail");
    expect(last?.atMs).toBe(pollers[0]?.atMs);
    expect(Math.abs((last?.nowMs ?? 0) - (last?.atMs ?? 0))).toBeLessThan(5_000);
    expect(await store.polledQueues()).toEqual(["the mail"]);
  });

  test("what is remembered is bounded, and goes by itself", async () => {
    const { store, redis, keys } = await open();
    await redis.zadd(keys.polledQueues, Date.now() - 8 * 24 * 3_600_000, "old");
    const many = Array.from({ length: 1_000 }, (_, index) => [index, `poller-${index}`]).flat();
    await redis.zadd(keys.pollers("mail"), ...many);
    await store.notePoll({ queue: "mail", label: "mail", poller: "new" });
    expect(await redis.zcard(keys.pollers("mail"))).toBe(1_000);
    expect((await store.pollersOf("mail"))[0]?.poller).toBe("new");
    expect(await redis.pttl(keys.pollers("mail"))).toBeGreaterThan(0);
    expect(await store.polledQueues()).toEqual(["mail"]);
  });
});
