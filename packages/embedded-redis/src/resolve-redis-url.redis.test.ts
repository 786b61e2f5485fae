import { expect, test } from "vitest";
import { resolveRedisUrl } from "./resolve-redis-url.js";

const withRedisUrl = { ...process.env, REDIS_URL: "redis://redis.example:6379/2" };

test("a given url wins over REDIS_URL, and neither starts a server", async () => {
  const given = await resolveRedisUrl({ url: "redis://given.example", environment: withRedisUrl });
  expect(given).toMatchObject({ url: "redis://given.example" });
  const fromEnvironment = await resolveRedisUrl({ environment: withRedisUrl });
  expect(fromEnvironment.url).toBe("redis://redis.example:6379/2");
  expect(fromEnvironment.embedded).toBeUndefined();
  await given.stop();
  await fromEnvironment.stop();
});

test("without a url an embedded server is started and ended", async () => {
  const environment = { ...process.env, REDIS_URL: undefined };
  const resolved = await resolveRedisUrl({ environment, ephemeral: true });
  expect(resolved.url).toBe(resolved.embedded?.url);
  await resolved.stop();
  expect(await resolved.embedded?.exited).toEqual({ code: 0, signal: null });
});
