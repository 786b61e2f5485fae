import { Cluster } from "ioredis";
import { inject, onTestFinished } from "vitest";
import type { RedisConnectionOptions } from "@heddle/protocol";
import { connectRedis, type RedisClient } from "../connection.js";
import { namespaceKeys, type NamespaceKeys, type PartitionKeys } from "../keys.js";
import { createRedisStore, type RedisStore, type RedisStoreOptions } from "../redis-store.js";
import { snapshotOf, type Snapshot } from "./snapshot.js";

/** Every behaviour of a script holds on both: `describe.each(SERVERS)("… on $server", …)`. */
export const SERVERS: readonly { server: string; connection: () => RedisConnectionOptions }[] = [
  { server: "one Redis", connection: () => ({ url: inject("redisUrl") }) },
  { server: "a cluster", connection: () => ({ cluster: inject("clusterNodes") }) },
];

export interface TestStore {
  readonly store: RedisStore;
  readonly namespace: string;
  readonly keys: NamespaceKeys;
  /** Keys of partition 0, the only one unless more are asked for. */
  readonly partition: PartitionKeys;
  /** A connection of the test's own, to look and to break things. */
  readonly redis: RedisClient;
  /** Everything Redis holds for the namespace; two equal ones mean that nothing was written between them. */
  snapshot(): Promise<Snapshot>;
}

type Options = Omit<RedisStoreOptions, "connection" | "namespace">;

/** A store with one partition in a namespace of its own; closed, and its keys removed, when the test ends. */
export async function openTestStore(
  connection: RedisConnectionOptions,
  namespace: string,
  options: Options = {},
): Promise<TestStore> {
  const partitions = options.partitions ?? 1;
  const store = await createRedisStore({ connection, namespace, ...options, partitions });
  const redis = connectRedis(connection, `test-${namespace}`);
  const keys = namespaceKeys({ prefix: "heddle", namespace, partitions });
  const [partition] = keys.partitions;
  if (partition === undefined) throw new Error("a test store needs a partition");
  onTestFinished(async () => {
    await store.close();
    for (const node of nodesOf(redis)) {
      const names = await node.keys(`{heddle:${namespace}*`);
      for (const name of names) await node.del(name);
    }
    redis.disconnect();
  });
  return {
    store,
    namespace,
    keys,
    partition,
    redis,
    snapshot: () => snapshotOf(nodesOf(redis), `{heddle:${namespace}*`),
  };
}

function nodesOf(redis: RedisClient) {
  return redis instanceof Cluster ? redis.nodes("master") : [redis];
}
