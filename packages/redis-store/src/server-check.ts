import { ConfigurationError, UnsafeRedisError } from "@heddle/protocol";
import { isCluster, type RedisClient } from "./connection.js";
import { settingsKey } from "./keys.js";

export interface ServerReport {
  readonly version: string;
  /** Whether an acknowledged write survives a crash of the server (append-only file). */
  readonly appendOnly: boolean;
  /** Whether others can reach it and need no password, as far as the connection tells. */
  readonly isExposed: boolean;
}

/**
 * Looks at every primary before anything is written.
 * Throws `UnsafeRedisError` when one may evict keys, or is older than 7.0 (scripts use flags from there on).
 */
export async function checkServer(client: RedisClient): Promise<Omit<ServerReport, "isExposed">> {
  const nodes = isCluster(client) ? await primaries(client) : [client];
  const reports = await Promise.all(
    nodes.map(async (node) => {
      const info = await node.info();
      const field = (name: string): string => new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim() ?? "";
      const version = field("redis_version");
      if (Number(version.split(".")[0]) < 7) {
        throw new UnsafeRedisError(
          `Redis ${version} is too old; Heddle needs Redis 7.0, Valkey 7.2 or later`,
        );
      }
      const policy = field("maxmemory_policy");
      if (policy !== "" && policy !== "noeviction") {
        throw new UnsafeRedisError(
          `Redis evicts keys (maxmemory-policy is ${policy}), so workflow state could vanish; ` +
            `run: redis-cli config set maxmemory-policy noeviction`,
          { details: { policy } },
        );
      }
      return { version, appendOnly: field("aof_enabled") === "1" };
    }),
  );
  return {
    version: reports[0]?.version ?? "",
    appendOnly: reports.every((report) => report.appendOnly),
  };
}

/** Chooses the number of partitions once per namespace; a process that believes otherwise must not start. */
export async function settlePartitions(
  client: RedisClient,
  names: { prefix: string; namespace: string },
  wanted: number | undefined,
): Promise<number> {
  const key = settingsKey(names);
  // Read first: a full server refuses the write, and whoever drains it must be able to start.
  let stored = await client.hget(key, "partitions");
  if (stored === null) {
    await client.hsetnx(key, "partitions", String(wanted ?? DEFAULT_PARTITIONS));
    stored = await client.hget(key, "partitions");
  }
  const partitions = Number(stored);
  if (wanted !== undefined && wanted !== partitions) {
    throw new ConfigurationError(
      `namespace "${names.namespace}" was created with ${partitions} partitions, not ${wanted}; ` +
        `the number cannot change later, so set partitions to ${partitions} or leave it out`,
      { details: { namespace: names.namespace, partitions } },
    );
  }
  return partitions;
}

const DEFAULT_PARTITIONS = 16;

async function primaries(client: Extract<RedisClient, { nodes: unknown }>) {
  // The list of nodes is empty until the first command has found the cluster.
  await client.ping();
  return client.nodes("master");
}
