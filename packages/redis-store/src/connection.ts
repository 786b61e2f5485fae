import { Cluster, Redis, type RedisOptions } from "ioredis";
import { ConfigurationError } from "@heddle/protocol";

/** Where Redis is: one server by URL, a Sentinel group, or a Cluster by some of its nodes. */
export type RedisConnectionOptions =
  | { readonly url: string }
  | {
      readonly sentinel: {
        readonly name: string;
        readonly nodes: readonly { readonly host: string; readonly port: number }[];
        readonly username?: string;
        readonly password?: string;
      };
    }
  | {
      readonly cluster: readonly { readonly host: string; readonly port: number }[];
      readonly username?: string;
      readonly password?: string;
    };

export type RedisClient = Redis | Cluster;

/** Opens one connection. Commands wait for it for a bounded time; see `ScriptRunner` for what callers are told. */
export function connectRedis(options: RedisConnectionOptions, name: string): RedisClient {
  const common = {
    connectionName: name,
    // A command that outlived two reconnects is given up: its caller is told that the outcome is unknown.
    maxRetriesPerRequest: 2,
    // After a failover the old address answers READONLY or LOADING: connect again, then send the command again.
    reconnectOnError: (error: Error) =>
      /^(READONLY|LOADING|MASTERDOWN)/.test(error.message) ? (2 as const) : false,
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, 2_000),
    enableAutoPipelining: false,
  } satisfies RedisOptions;
  if ("cluster" in options) {
    const { cluster, ...credentials } = options;
    return new Cluster([...cluster], {
      redisOptions: { ...common, ...credentials },
      clusterRetryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000),
      scaleReads: "master",
    });
  }
  if ("sentinel" in options) {
    const { name: group, nodes, ...credentials } = options.sentinel;
    return new Redis({ ...common, ...credentials, name: group, sentinels: [...nodes] });
  }
  assertRedisUrl(options.url);
  return new Redis(options.url, common);
}

function assertRedisUrl(url: string): void {
  if (!/^(rediss?|unix):\/\//.test(url)) {
    throw new ConfigurationError(
      `the Redis URL must begin with redis://, rediss:// or unix://, for example redis://127.0.0.1:6379`,
    );
  }
}

export function isCluster(client: RedisClient): client is Cluster {
  return client instanceof Cluster;
}
