import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { startTestRedis, type TestRedisOptions } from "./start-test-redis.js";
import type { TestRedis } from "./test-redis.js";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function startWithClient(options?: TestRedisOptions): Promise<{ redis: TestRedis; client: Redis }> {
  const redis = await startTestRedis(options);
  const client = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  // Lost connections are what these tests make.
  client.on("error", () => undefined);
  endings.push(
    () => redis.stop(),
    () => client.disconnect(),
  );
  return { redis, client };
}

test("a killed server comes back on its port with its data", async () => {
  const { redis, client } = await startWithClient({ appendFsync: "always" });
  await client.set("thread", "weft");
  const { pid, url } = redis;
  await redis.kill();
  await redis.restart();
  expect(redis.url).toBe(url);
  expect(redis.pid).not.toBe(pid);
  expect(await client.get("thread")).toBe("weft");
});

test("a running server is restarted politely", async () => {
  const { redis, client } = await startWithClient();
  await client.set("thread", "warp");
  await redis.restart();
  expect(await client.get("thread")).toBe("warp");
});

test("the options reach the server", async () => {
  const { client } = await startWithClient({
    appendFsync: "always",
    extraArguments: ["--maxmemory", "8mb"],
  });
  expect(await client.config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
  expect(await client.config("GET", "maxmemory")).toEqual(["maxmemory", String(8 * 1024 * 1024)]);
});

test("two servers share nothing", async () => {
  const first = await startWithClient();
  const second = await startWithClient();
  await first.client.set("thread", "weft");
  expect(await second.client.get("thread")).toBeNull();
});
