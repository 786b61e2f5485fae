import { Cluster, type Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";
import type { RedisConnectionOptions } from "@heddle/protocol";
import { connectRedis } from "../connection.js";
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
  readonly redis: Redis;
  /** One connection per server; to a cluster several. */
  readonly nodes: readonly Redis[];
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
  const client = connectRedis(connection, `test-${namespace}`);
  await client.ping(); // a cluster knows its nodes from here on
  const nodes = client instanceof Cluster ? client.nodes("master") : [client];
  const keys = namespaceKeys({ prefix: "heddle", namespace, partitions });
  const [partition] = keys.partitions;
  if (partition === undefined) throw new Error("a test store needs a partition");
  onTestFinished(async () => {
    await store.close();
    for (const node of nodes) {
      const names = await node.keys(`{heddle:${namespace}*`);
      for (const name of names) await node.del(name);
    }
    client.disconnect();
  });
  return {
    store,
    namespace,
    keys,
    partition,
    // A cluster takes the same commands; as one type they keep their overloads.
    redis: client as Redis,
    nodes,
    snapshot: () => snapshotOf(nodes, `{heddle:${namespace}*`),
  };
}
