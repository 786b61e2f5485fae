import type { ConnectionOptions } from "node:tls";
import { ConfigurationError, SsrfBlockedError } from "@heddle/protocol";
import type { ISocketFactoryArgs, Producer, SASLOptions } from "kafkajs";
import type { EgressPolicy } from "../egress/egress-policy.js";
import { guardedSocket } from "../egress/guarded-sockets.js";
import type { MessageSink, SinkMessage } from "../event/message-sink.js";

export interface KafkaSinkOptions {
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
 * Publishes to the topics of one Kafka cluster and waits for all in-sync replicas. The client library, an optional
 * dependency, is loaded with the first message.
 */
export class KafkaSink implements MessageSink {
  readonly #options: KafkaSinkOptions;
  readonly #pending = new Set<Promise<unknown>>();
  #producer: Promise<Producer> | undefined;
  #blocked: SsrfBlockedError | undefined;

  constructor(options: KafkaSinkOptions) {
    this.#options = options;
  }

  /** Throws `SsrfBlockedError`, `ConfigurationError` without the library, and else what the client met. */
  async publish(message: SinkMessage, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const sending = this.#send(message);
    this.#pending.add(sending);
    try {
      await untilAborted(sending, signal);
    } finally {
      void sending.catch(() => undefined).finally(() => this.#pending.delete(sending));
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    await this.#producer?.then(
      (producer) => producer.disconnect(),
      () => undefined,
    );
  }

  async #send({ id, destination, key, value, headers }: SinkMessage): Promise<void> {
    try {
      const producer = await (this.#producer ??= this.#connect());
      await producer.send({
        topic: destination,
        acks: -1,
        timeout: this.#options.requestTimeoutMs,
        messages: [{ key: key ?? null, value, headers: { "message-id": id, ...headers } }],
      });
    } catch (error) {
      // The client wraps what a socket met, and keeps its text alone.
      throw this.#blocked ?? error;
    }
  }

  async #connect(): Promise<Producer> {
    const { brokers, requestTimeoutMs, connectTimeoutMs, ssl, sasl } = this.#options;
    this.#blocked = undefined;
    try {
      const { Kafka, logLevel, Partitioners } = await loadKafka();
      const kafka = new Kafka({
        clientId: "heddle",
        brokers: [...brokers],
        connectionTimeout: connectTimeoutMs,
        authenticationTimeout: Math.max(connectTimeoutMs, 1_000),
        requestTimeout: requestTimeoutMs,
        logLevel: logLevel.NOTHING,
        socketFactory: (socket) => this.#openSocket(socket),
        // For connections and metadata, which may be asked for again.
        retry: { retries: 5, initialRetryTime: 50, maxRetryTime: 1_000 },
        ...(ssl === undefined ? {} : { ssl }),
        ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
      });
      const producer = kafka.producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        // A message whose acknowledgement got lost would be there twice; whether to try again is for the task's policy.
        retry: { retries: 0 },
      });
      await producer.connect();
      return producer;
    } catch (error) {
      this.#producer = undefined;
      throw error;
    }
  }

  #openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): ReturnType<typeof guardedSocket> {
    const tls = (ssl as ConnectionOptions | undefined) ?? undefined;
    try {
      const socket = guardedSocket(this.#options.policy, { host, port }, { tls, onConnect });
      return socket.once("error", (error) => this.#note(error));
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  #note(error: unknown): void {
    if (error instanceof SsrfBlockedError) this.#blocked = error;
  }
}

async function loadKafka() {
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

/** The work goes on unheard when the signal comes first: a broker cannot be told to forget. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort);
    stopListening = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stopListening();
  }
}
