import { Cluster } from "ioredis";
import { expect, test } from "vitest";
import { startTestCluster } from "./test-cluster.js";

test("a cluster takes keys of every node and answers for all slots", async () => {
  const cluster = await startTestCluster();
  expect(cluster.nodes).toHaveLength(3);
  const client = new Cluster(cluster.nodes);
  const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
  await Promise.all(keys.map((key) => client.set(key, key)));
  expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
  const sizes = await Promise.all(client.nodes("master").map((node) => node.dbsize()));
  expect(sizes).toHaveLength(3);
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  client.disconnect();
  await cluster.stop();
});
