import type { ConnectionOptions } from "node:tls";
import { ConfigurationError, SsrfBlockedError } from "@heddle/protocol";
import type { ISocketFactoryArgs, Kafka, SASLOptions } from "kafkajs";
import type { EgressPolicy } from "../egress/egress-policy.js";
import { guardedSocket } from "../egress/guarded-sockets.js";

/** How the brokers of one cluster are reached. */
export interface KafkaConnection {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** Judges every connection, also those to brokers that a broker names. */
  readonly policy: EgressPolicy;
  /** One request to a broker. */
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly ssl?: ConnectionOptions | true | undefined;
  readonly sasl?: KafkaCredentials | undefined;
}

export interface KafkaCredentials {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

/**
 * A client of the cluster; nothing is connected yet. The library is an optional dependency, loaded here. The client wraps
 * what a socket met, and keeps its text alone, so `onBlocked` is told of connections that the policy forbids.
 * Throws `ConfigurationError` without the library.
 */
export async function kafkaClient(
  { brokers, policy, requestTimeoutMs, connectTimeoutMs, ssl, sasl }: KafkaConnection,
  onBlocked: (error: SsrfBlockedError) => void = () => undefined,
): Promise<Kafka> {
  const { Kafka, logLevel } = await loadKafka();
  const note = (error: unknown): void => {
    if (error instanceof SsrfBlockedError) onBlocked(error);
  };
  return new Kafka({
    clientId: "heddle",
    brokers: [...brokers],
    connectionTimeout: connectTimeoutMs,
    authenticationTimeout: Math.max(connectTimeoutMs, 1_000),
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.NOTHING,
    socketFactory: ({ host, port, ssl: secure, onConnect }: ISocketFactoryArgs) => {
      const tls = (secure as ConnectionOptions | undefined) ?? undefined;
      try {
        return guardedSocket(policy, { host, port }, { tls, onConnect }).once("error", note);
      } catch (error) {
        note(error);
        throw error;
      }
    },
    // For connections and metadata, which may be asked for again.
    retry: { retries: 5, initialRetryTime: 50, maxRetryTime: 1_000 },
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
  });
}

export async function loadKafka() {
  try {
    return await import("kafkajs");
  } catch (error) {
    throw new ConfigurationError(
      "kafkajs is not installed where system tasks run; npm install kafkajs@2.2.4",
      {
        cause: error,
      },
    );
  }
}
