import { verifiedTls, type RedisConnectionOptions } from "@heddle/protocol";
import { Cluster, Redis, type RedisOptions } from "ioredis";

export type RedisClient = Redis | Cluster;

/** For adding tickets: a command fails after a few reconnects instead of waiting for ever. */
export function connectProducer(connection: RedisConnectionOptions): RedisClient {
  return connect(connection, { maxRetriesPerRequest: 3 });
}

/** For fetching tickets: commands wait until Redis is back. BullMQ refuses a worker with any other setting. */
export function connectConsumer(connection: RedisConnectionOptions): RedisClient {
  return connect(connection, { maxRetriesPerRequest: null });
}

function connect(
  connection: RedisConnectionOptions,
  retries: { maxRetriesPerRequest: number | null },
): RedisClient {
  const tls = verifiedTls(connection);
  const options = {
    ...retries,
    // Servers before 7.2 do not know the command, and an ACL would have to allow it from there on.
    disableClientInfo: true,
    reconnectOnError: resendAfterFailover,
    ...(connection.username === undefined ? {} : { username: connection.username }),
    ...(connection.password === undefined ? {} : { password: connection.password }),
    ...(tls === undefined ? {} : { tls }),
  } satisfies RedisOptions;
  if ("sentinel" in connection) {
    const { name, nodes } = connection.sentinel;
    return new Redis({
      ...options,
      name,
      sentinels: [...nodes],
      retryStrategy: reconnectDelayMs,
      // Without both ioredis talks plaintext, to the sentinels and to the primary that they name.
      ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    });
  }
  if ("url" in connection) {
    return new Redis(connection.url, { ...options, retryStrategy: reconnectDelayMs });
  }
  return new Cluster([...connection.cluster], {
    redisOptions: options,
    clusterRetryStrategy: reconnectDelayMs,
    // The default of 1 s is missed by a busy machine, and one missed refresh fails all waiting commands.
    slotsRefreshTimeout: 5_000,
    ...(tls === undefined ? {} : { dnsLookup: keepHostName }),
  });
}

/** Grows to 2 s with jitter, so that a fleet does not reconnect in step. */
function reconnectDelayMs(times: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(times, 6)) * (0.75 + Math.random() / 2);
}

/**
 * 2 = reconnect and send the command again. A demoted primary answers READONLY on a socket that stays open, a
 * restarted one LOADING; without this the client would talk to it for ever. All our commands are safe to repeat.
 */
function resendAfterFailover(error: Error): false | 2 {
  return error.message.startsWith("READONLY") || error.message.startsWith("LOADING") ? 2 : false;
}

/** With TLS the certificate is checked against the host name, so a node must not be replaced by its address. */
function keepHostName(host: string, callback: (error: null, address: string) => void): void {
  callback(null, host);
}
