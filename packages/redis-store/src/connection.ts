import { Cluster, Redis, type RedisOptions } from "ioredis";
import { ConfigurationError, type RedisConnectionOptions } from "@heddle/protocol";

export type RedisClient = Redis | Cluster;

/** Opens one connection. Commands wait for it for a bounded time; see `ScriptRunner` for what callers are told. */
export function connectRedis(options: RedisConnectionOptions, name: string): RedisClient {
  if ("cluster" in options) {
    const { cluster, ...credentials } = options;
    return new Cluster([...cluster], {
      redisOptions: { ...commonOptions(name), ...credentials },
      clusterRetryStrategy: reconnectDelayMs,
      scaleReads: "master",
    });
  }
  return connectServer(options, name);
}

/**
 * Opens the connection that receives messages. In a cluster they reach every node, so it goes to any one of them:
 * a plain connection says when it was lost and is back, which that of a `Cluster` keeps to itself.
 */
export function connectSubscriber(options: RedisConnectionOptions, name: string, client: RedisClient): Redis {
  if (!("cluster" in options)) return connectServer(options, name);
  const { cluster: seeds, ...credentials } = options;
  const nodes = (): readonly Address[] => {
    const known = isCluster(client) ? client.nodes("master").map((node) => node.options) : [];
    return known.length === 0 ? seeds : known;
  };
  const subscriber: Redis = new Redis({
    ...commonOptions(name),
    ...credentials,
    ...addressOf(nodes(), 0),
    // The node may be gone for good, so each attempt goes to the next one.
    retryStrategy: (attempt) => {
      Object.assign(subscriber.options, addressOf(nodes(), attempt));
      return reconnectDelayMs(attempt);
    },
  });
  return subscriber;
}

function connectServer(options: Exclude<RedisConnectionOptions, { cluster: unknown }>, name: string): Redis {
  if ("sentinel" in options) {
    const { sentinel, ...credentials } = options;
    return new Redis({
      ...commonOptions(name),
      ...credentials,
      name: sentinel.name,
      sentinels: [...sentinel.nodes],
    });
  }
  const { url, ...credentials } = options;
  assertRedisUrl(url);
  return new Redis(url, { ...commonOptions(name), ...credentials });
}

function commonOptions(name: string) {
  return {
    connectionName: name,
    // A command that outlived two reconnects is given up: its caller is told that the outcome is unknown.
    maxRetriesPerRequest: 2,
    // After a failover the old address answers READONLY or LOADING: connect again, for the calls to come. This one is
    // refused, and not sent again and again until nobody can tell any more that nothing happened.
    reconnectOnError: (error: Error) => /^(READONLY|LOADING|MASTERDOWN)/.test(error.message),
    retryStrategy: reconnectDelayMs,
    enableAutoPipelining: false,
  } satisfies RedisOptions;
}

interface Address {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

function reconnectDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 2_000);
}

function addressOf(nodes: readonly Address[], attempt: number): { host?: string; port?: number } {
  const { host, port } = nodes[attempt % nodes.length] ?? {};
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
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
