import { assertNamespace, type RedisConnectionOptions, verifiedTls } from "@heddle/protocol";
import { connectRedis, isCluster, type RedisClient } from "../connection.js";
import { ConnectionWatch } from "../connection-failure.js";
import { isReachedOverNetwork } from "../exposure.js";
import { namespaceKeys, settingsKey, type PartitionKeys } from "../keys.js";
import { askWithin } from "../redis-failure.js";
import { answersStrangers } from "./answers-strangers.js";
import { type LuaAdvisories, luaAdvisoriesOf, type ServerVersion } from "./lua-advisories.js";

export interface ServerInspection extends ServerVersion {
  /** Holes in its Lua engine, by its version. */
  readonly advisories: LuaAdvisories;
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

interface AnnouncedCoordinator {
  readonly id: string;
  readonly silentMs: number;
}

export interface NamespaceInspection {
  /** What the Redis user may not ask, each in the words of the refusal. What it would have told is missing here. */
  readonly denied: readonly string[];
  /** Whether others can reach Redis and need no password. */
  readonly isExposed: boolean;
  /** Every primary; none when the user may not ask. */
  readonly servers: readonly ServerInspection[];
  /** By how much the clock of Redis is ahead of this process's. */
  readonly clockAheadMs: number | undefined;
  /** undefined: nothing was ever started in the namespace. */
  readonly partitionCount: number | undefined;
  /** undefined when the user may not ask. */
  readonly coordinators: readonly AnnouncedCoordinator[] | undefined;
  readonly partitions: readonly PartitionInspection[];
}

const ANSWER_WITHIN_MS = 10_000;

/**
 * Looks at the servers and at one namespace, and writes nothing. What the Redis user may not ask is told as `denied`.
 * Throws `UnavailableError` when no Redis answers, `ConfigurationError` when it is not the one that is meant.
 */
export async function inspectNamespace(options: {
  readonly connection: RedisConnectionOptions;
  readonly namespace: string;
  readonly prefix?: string | undefined;
}): Promise<NamespaceInspection> {
  const { connection, namespace, prefix = "heddle" } = options;
  assertNamespace(namespace);
  assertNamespace(prefix);
  const client = connectRedis(connection, `heddle-inspect-${namespace}`);
  const watch = new ConnectionWatch(client, verifiedTls(connection) !== undefined);
  try {
    const seen = await askWithin(ANSWER_WITHIN_MS, () => inspect(client, { namespace, prefix }));
    const isOpen = isReachedOverNetwork(connection) && (await answersStrangers(connection));
    return { ...seen, isExposed: isOpen };
  } catch (error) {
    throw watch.explain(error);
  } finally {
    client.disconnect();
  }
}

async function inspect(
  client: RedisClient,
  names: { namespace: string; prefix: string },
): Promise<Omit<NamespaceInspection, "isExposed">> {
  const denied = new Set<string>();
  const ifAllowed = async <Answer>(what: string, answer: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOPERM")) throw error;
      denied.add(`${what} (${error.message})`);
      return undefined;
    }
  };
  // A cluster knows its nodes from here on.
  await ifAllowed("PING", client.ping());
  const infos = await Promise.all(
    (isCluster(client) ? client.nodes("master") : [client]).map((node) => ifAllowed("INFO", node.info())),
  );
  const clock = await ifAllowed("TIME", readClock(client));
  const nowMs = clock?.nowMs ?? Date.now();
  const settings = settingsKey(names);
  const stored = await ifAllowed(`HGET of ${settings}`, client.hget(settings, "partitions"));
  const partitionCount = typeof stored === "string" ? Number(stored) : undefined;
  const keys = namespaceKeys({ ...names, partitions: partitionCount ?? 0 });
  const announced = await ifAllowed(
    `ZRANGE of ${keys.coordinators}`,
    client.zrange(keys.coordinators, "0", "-1", "WITHSCORES"),
  );
  const partitions = await ifAllowed(
    "HMGET, XLEN, SCARD or ZRANGE of the keys of a partition",
    Promise.all(keys.partitions.map((each) => inspectPartition(client, each, nowMs))),
  );
  return {
    denied: [...denied],
    servers: infos.flatMap((info) => (info === undefined ? [] : [serverFrom(info)])),
    clockAheadMs: clock?.aheadMs,
    partitionCount,
    coordinators: announced === undefined ? undefined : coordinatorsFrom(announced, nowMs),
    partitions: partitions ?? [],
  };
}

function coordinatorsFrom(announced: readonly string[], nowMs: number): readonly AnnouncedCoordinator[] {
  return announced.flatMap((id, index) =>
    index % 2 === 0 ? [{ id, silentMs: nowMs - Number(announced[index + 1]) }] : [],
  );
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
  const valkey = field("valkey_version");
  const server: ServerVersion =
    valkey === ""
      ? { product: "redis", version: field("redis_version") }
      : { product: "valkey", version: valkey };
  return {
    ...server,
    advisories: luaAdvisoriesOf(server),
    evictionPolicy: field("maxmemory_policy"),
    appendOnly: field("aof_enabled") === "1",
    usedMemoryBytes: Number(field("used_memory")),
    maxMemoryBytes: Number(field("maxmemory")),
  };
}
