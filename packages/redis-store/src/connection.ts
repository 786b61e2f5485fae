import { Cluster, Redis, type RedisOptions } from "ioredis";
import { ConfigurationError, verifiedTls, type RedisConnectionOptions } from "@heddle/protocol";

export type RedisClient = Redis | Cluster;

/** Opens one connection. Commands wait for it for a bounded time; see `ScriptRunner` for what callers are told. */
export function connectRedis(options: RedisConnectionOptions, name: string): RedisClient {
  if ("cluster" in options) {
    return new Cluster([...options.cluster], {
      redisOptions: connectionOptions(options, name),
      clusterRetryStrategy: reconnectDelayMs,
      scaleReads: "master",
      // With TLS the certificate is checked against the host name, so a node must not be replaced by its address.
      ...(options.tls === undefined ? {} : { dnsLookup: keepHostName }),
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
  const { cluster: seeds } = options;
  const nodes = (): readonly Address[] => {
    const known = isCluster(client) ? client.nodes("master").map((node) => node.options) : [];
    return known.length === 0 ? seeds : known;
  };
  const subscriber: Redis = new Redis({
    ...connectionOptions(options, name),
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
    const { sentinel } = options;
    const shared = connectionOptions(options, name);
    return new Redis({
      ...shared,
      name: sentinel.name,
      sentinels: [...sentinel.nodes],
      // Without both ioredis talks plaintext, to the sentinels and to the primary that they name.
      ...(shared.tls === undefined ? {} : { sentinelTLS: shared.tls, enableTLSForSentinelMode: true }),
    });
  }
  assertRedisUrl(options.url);
  return new Redis(options.url, connectionOptions(options, name));
}

function connectionOptions(connection: RedisConnectionOptions, name: string) {
  const { username, password } = connection;
  const tls = verifiedTls(connection);
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    connectionName: name,
    // Servers before 7.2 do not know the command, and an ACL would have to allow it from there on.
    disableClientInfo: true,
    // A command that outlived two reconnects is given up: its caller is told that the outcome is unknown.
    maxRetriesPerRequest: 2,
    // After a failover the old address answers READONLY or LOADING: connect again, for the calls to come. This one is
    // refused, and not sent again and again until nobody can tell any more that nothing happened.
    reconnectOnError: (error: Error) => /^(READONLY|LOADING|MASTERDOWN)/.test(error.message),
    retryStrategy: reconnectDelayMs,
    enableAutoPipelining: false,
  } satisfies RedisOptions;
}

function keepHostName(host: string, answer: (error: null, address: string) => void): void {
  answer(null, host);
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
