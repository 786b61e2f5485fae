import type { SsrfBlockedError } from "@heddle/protocol";
import type { Producer } from "kafkajs";
import type { MessageSink, SinkMessage } from "../event/message-sink.js";
import { kafkaClient, loadKafka, type KafkaConnection } from "./kafka-client.js";

/**
 * Publishes to the topics of one Kafka cluster and waits for all in-sync replicas. The client library, an optional
 * dependency, is loaded with the first message.
 */
export class KafkaSink implements MessageSink {
  readonly #options: KafkaConnection;
  readonly #pending = new Set<Promise<unknown>>();
  #producer: Promise<Producer> | undefined;
  #blocked: SsrfBlockedError | undefined;

  constructor(options: KafkaConnection) {
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
    this.#blocked = undefined;
    try {
      const { Partitioners } = await loadKafka();
      const kafka = await kafkaClient(this.#options, (error) => (this.#blocked = error));
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
