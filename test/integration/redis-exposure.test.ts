// A Redis that lets everybody in: told at start-up and by the doctor.
import { fileURLToPath } from "node:url";
import { createRedisStore } from "@heddle/redis-store";
import { randomNamespace, spawnProcess, startTestRedis, type TestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { runCli } from "./support/run-cli.js";

let redis: TestRedis;
let admin: Redis;
/** Stands for an address of a network: it is no loopback address, and leads to this machine. */
let networkUrl: string;
beforeAll(async () => {
  redis = await startTestRedis();
  admin = new Redis(redis.url);
  networkUrl = `redis://0.0.0.0:${redis.port}`;
  await admin.call("ACL", "SETUSER", "heddle", "on", ">secret", "~*", "&*", "+@all");
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

const withUser = (url: string): string => url.replace("redis://", "redis://heddle:secret@");

test("a store knows whether its Redis is exposed", async () => {
  for (const [url, isExposed] of [
    [networkUrl, true],
    [withUser(networkUrl), false],
    [redis.url, false],
  ] as const) {
    const store = await createRedisStore({ connection: { url }, namespace: randomNamespace("exposed") });
    expect(store.server.isExposed, url).toBe(isExposed);
    await store.close();
  }
});

test("a process warns of it when it starts", async () => {
  const gateway = await spawnProcess({
    name: "gateway",
    entry: fileURLToPath(new URL("../../apps/gateway/src/main.ts", import.meta.url)),
    env: { REDIS_URL: networkUrl, HEDDLE_PORT: "0", HEDDLE_DEV: "1", HEDDLE_ADMIN_KEY: undefined },
    readyWhen: /gateway ready/,
  });
  onTestFinished(async () => {
    await gateway.kill();
  });
  expect(await gateway.waitForLine(/asks for no password/)).toContain('"level":"warn"');
});

test("the doctor tries whether a stranger is answered, also when it has a password itself", async () => {
  const findingsAt = async (url: string): Promise<string> => {
    const { output } = await runCli(["doctor", "--redis", url, "--namespace", randomNamespace("exposed")]);
    expect(output).not.toContain("secret");
    return output;
  };
  expect(await findingsAt(redis.url)).toMatch(/ok +access/);
  expect(await findingsAt(withUser(networkUrl))).toMatch(/warn +access: Redis answers over the network/);
  const client = new Redis(withUser(redis.url));
  onTestFinished(() => client.disconnect());
  await client.call("ACL", "SETUSER", "default", "off");
  const closed = await findingsAt(withUser(networkUrl));
  expect(closed).toMatch(/ok +access/);
  expect(closed).toMatch(/(ok +Lua engine: no known hole|warn +Lua engine: .*CVE-2025-49844)/);
}, 90_000);
