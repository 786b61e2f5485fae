import { randomNamespace, startTestRedis, type TestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createRedisStore } from "./redis-store.js";
import { openTestStore, SERVERS } from "./testing/test-store.js";

describe.each(SERVERS)("a namespace on $server", ({ connection }) => {
  test("keeps the number of partitions it was created with", async () => {
    const opened = await openTestStore(connection(), randomNamespace("check"), { partitions: 3 });
    const { namespace } = opened;
    const before = await opened.snapshot();
    const refused = createRedisStore({ connection: connection(), namespace, partitions: 4 });
    await expect(refused).rejects.toMatchObject({
      code: "CONFIGURATION",
      details: { namespace, partitions: 3 },
    });
    await expect(refused).rejects.toThrow("was created with 3 partitions, not 4");
    const silent = await createRedisStore({ connection: connection(), namespace });
    expect(silent.partitions).toBe(3);
    await silent.close();
    expect(await opened.snapshot()).toEqual(before);
  });

  test("is created once, however many processes start at the same time", async () => {
    const opened = await openTestStore(connection(), randomNamespace("check"), { partitions: 5 });
    const { namespace } = opened;
    await opened.redis.del(opened.keys.settings);
    const wanted = [2, 2, undefined, 7, 7];
    const stores = await Promise.allSettled(
      wanted.map((partitions) => createRedisStore({ connection: connection(), namespace, partitions })),
    );
    const counts = stores.flatMap((each) => (each.status === "fulfilled" ? [each.value.partitions] : []));
    expect(counts.length).toBeGreaterThan(0);
    expect(new Set(counts).size).toBe(1);
    for (const each of stores) if (each.status === "fulfilled") await each.value.close();
  });

  test("says what the server promises", async () => {
    const { store } = await openTestStore(connection(), randomNamespace("check"));
    expect(store.server.version).toMatch(/^\d+\.\d+/);
    expect(typeof store.server.appendOnly).toBe("boolean");
  });
});

describe("a server", () => {
  let server: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startTestRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  test("that may evict keys is refused before anything is written", async () => {
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    const opening = createRedisStore({ connection: { url: server.url }, namespace: "evicting" });
    await expect(opening).rejects.toMatchObject({ code: "UNSAFE_REDIS", details: { policy: "allkeys-lru" } });
    expect(await redis.dbsize()).toBe(0);
    await redis.config("SET", "maxmemory-policy", "noeviction");
  });

  test("without an append-only file is reported as such", async () => {
    const isAppendOnly = async (): Promise<boolean> => {
      const store = await createRedisStore({ connection: { url: server.url }, namespace: "aof" });
      await store.close();
      return store.server.appendOnly;
    };
    expect(await isAppendOnly()).toBe(true);
    await redis.config("SET", "appendonly", "no");
    expect(await isAppendOnly()).toBe(false);
  });

  test("that wants a password is not taken for an empty one", async () => {
    const guarded = await startTestRedis({ extraArguments: ["--maxclients", "100"] });
    const admin = new Redis(guarded.url);
    await admin.config("SET", "requirepass", "secret");
    const opening = createRedisStore({
      connection: { url: guarded.url },
      namespace: "guarded",
      callTimeoutMs: 2_000,
    });
    await expect(opening).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const url = guarded.url.replace("redis://", "redis://:secret@");
    const store = await createRedisStore({ connection: { url }, namespace: "guarded" });
    await store.close();
    await admin.config("SET", "requirepass", "");
    admin.disconnect();
    await guarded.stop();
  });
});

describe("a store that cannot be opened says why:", () => {
  test.each([
    ["no server at the address", { url: "redis://127.0.0.1:1" }],
    ["no cluster at the addresses", { cluster: [{ host: "127.0.0.1", port: 1 }] }],
  ])("%s", async (_name, connection) => {
    const opening = createRedisStore({ connection, namespace: "nowhere", callTimeoutMs: 1_000 });
    await expect(opening).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test.each([
    [{ namespace: "with space" }, "INVALID_ARGUMENT"],
    [{ namespace: "ok", prefix: "{x}" }, "INVALID_ARGUMENT"],
    [{ namespace: "ok", partitions: 0 }, "CONFIGURATION"],
    [{ namespace: "ok", partitions: 1.5 }, "CONFIGURATION"],
    [{ namespace: "ok", connection: { url: "localhost:6379" } }, "CONFIGURATION"],
  ])("options %j", async (options, code) => {
    const opening = createRedisStore({ connection: { url: inject("redisUrl") }, ...options });
    await expect(opening).rejects.toMatchObject({ code });
  });
});
