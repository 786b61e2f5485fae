import { Cluster, Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import "./global-setup.js";

test("the shared server and the shared cluster answer", async () => {
  const redis = new Redis(inject("redisUrl"));
  expect(await redis.ping()).toBe("PONG");
  redis.disconnect();
  const nodes = inject("clusterNodes");
  expect(nodes).toHaveLength(3);
  const cluster = new Cluster(nodes);
  expect(await cluster.get("nothing")).toBeNull();
  cluster.disconnect();
});

test("projects that name the set-up together share one pair, ended with the last of them", async () => {
  const { default: setup } = await import("./global-setup.js");
  const provided: unknown[] = [];
  const project = { provide: (_key: string, value: unknown): void => void provided.push(value) };
  const [endFirst, endSecond] = await Promise.all([setup(project), setup(project)]);
  const [url, , sameUrl] = provided;
  expect(sameUrl).toBe(url);
  const client = new Redis(String(url), { retryStrategy: () => null });
  client.on("error", () => undefined);
  await endFirst();
  expect(await client.ping()).toBe("PONG");
  const ended = new Promise((resolve) => client.once("end", resolve));
  await endSecond();
  await ended;
});
