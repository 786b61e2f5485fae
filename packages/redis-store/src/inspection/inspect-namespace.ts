import { assertNamespace, type RedisConnectionOptions } from "@heddle/protocol";
import { connectRedis, isCluster, type RedisClient } from "../connection.js";
import { namespaceKeys, settingsKey, type PartitionKeys } from "../keys.js";
import { askWithin } from "../redis-failure.js";

export interface ServerInspection {
  readonly version: string;
  /** "" when the server does not tell. */
  readonly evictionPolicy: string;
  readonly appendOnly: boolean;
  readonly usedMemoryBytes: number;
  /** 0: no limit. */
  readonly maxMemoryBytes: number;
}

export interface PartitionInspection {
  readonly partition: number;
  /** Who holds the lease, also when it has expired; undefined when nobody does. */
  readonly owner: string | undefined;
  /** Negative: expired that long ago. */
  readonly leaseExpiresInMs: number | undefined;
  /** Accepted events that no code has processed. */
  readonly inbox: number;
  /** Tickets that are not in their queue yet. */
  readonly outbox: number;
  /** Open runs whose events wait for code that can process them. */
  readonly held: number;
  /** How long the earliest timer is due already; undefined when none is. */
  readonly overdueMs: number | undefined;
}

export interface NamespaceInspection {
  /** Every primary. */
  readonly servers: readonly ServerInspection[];
  /** By how much the clock of Redis is ahead of this process's. */
  readonly clockAheadMs: number;
  /** undefined: nothing was ever started in the namespace. */
  readonly partitionCount: number | undefined;
  readonly coordinators: readonly { readonly id: string; readonly silentMs: number }[];
  readonly partitions: readonly PartitionInspection[];
}

const ANSWER_WITHIN_MS = 10_000;

/** Looks at the servers and at one namespace, and writes nothing. Throws `UnavailableError` when no Redis answers. */
export async function inspectNamespace(options: {
  readonly connection: RedisConnectionOptions;
  readonly namespace: string;
  readonly prefix?: string | undefined;
}): Promise<NamespaceInspection> {
  const { connection, namespace, prefix = "heddle" } = options;
  assertNamespace(namespace);
  assertNamespace(prefix);
  const client = connectRedis(connection, `heddle-inspect-${namespace}`);
  client.on("error", () => undefined); // told by the call that fails
  try {
    return await askWithin(ANSWER_WITHIN_MS, () => inspect(client, { namespace, prefix }));
  } finally {
    client.disconnect();
  }
}

async function inspect(
  client: RedisClient,
  names: { namespace: string; prefix: string },
): Promise<NamespaceInspection> {
  // A cluster knows its nodes from here on.
  await client.ping();
  const servers = await Promise.all(
    (isCluster(client) ? client.nodes("master") : [client]).map(async (node) =>
      serverFrom(await node.info()),
    ),
  );
  const { nowMs, aheadMs } = await readClock(client);
  const stored = await client.hget(settingsKey(names), "partitions");
  const common = { servers, clockAheadMs: aheadMs };
  if (stored === null) {
    return { ...common, partitionCount: undefined, coordinators: [], partitions: [] };
  }
  const partitionCount = Number(stored);
  const keys = namespaceKeys({ ...names, partitions: partitionCount });
  const seen = await client.zrange(keys.coordinators, "0", "-1", "WITHSCORES");
  const coordinators = seen.flatMap((id, index) =>
    index % 2 === 0 ? [{ id, silentMs: nowMs - Number(seen[index + 1]) }] : [],
  );
  const partitions = await Promise.all(keys.partitions.map((each) => inspectPartition(client, each, nowMs)));
  return { ...common, partitionCount, coordinators, partitions };
}

async function inspectPartition(
  client: RedisClient,
  keys: PartitionKeys,
  nowMs: number,
): Promise<PartitionInspection> {
  const [[owner, nonce, expiresAtMs], inbox, outbox, held, earliest] = await Promise.all([
    client.hmget(keys.lease, "owner", "nonce", "expiresAtMs"),
    client.xlen(keys.inbox),
    client.xlen(keys.outbox),
    client.scard(keys.held),
    client.zrange(keys.timers, "0", "0", "WITHSCORES"),
  ]);
  const isHeld = typeof nonce === "string" && typeof expiresAtMs === "string";
  const dueAtMs = earliest[1] === undefined ? undefined : Number(earliest[1]);
  return {
    partition: keys.partition,
    owner: isHeld ? (owner ?? undefined) : undefined,
    leaseExpiresInMs: isHeld ? Number(expiresAtMs) - nowMs : undefined,
    ...{ inbox, outbox, held },
    overdueMs: dueAtMs === undefined || dueAtMs > nowMs ? undefined : nowMs - dueAtMs,
  };
}

/** The middle of the question stands for the moment of the answer. */
async function readClock(client: RedisClient): Promise<{ nowMs: number; aheadMs: number }> {
  const askedAtMs = Date.now();
  const [seconds, micros] = await client.time();
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  return { nowMs, aheadMs: nowMs - Math.round((askedAtMs + Date.now()) / 2) };
}

function serverFrom(info: string): ServerInspection {
  const field = (name: string): string => new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim() ?? "";
  return {
    version: field("valkey_version") || field("redis_version"),
    evictionPolicy: field("maxmemory_policy"),
    appendOnly: field("aof_enabled") === "1",
    usedMemoryBytes: Number(field("used_memory")),
    maxMemoryBytes: Number(field("maxmemory")),
  };
}
