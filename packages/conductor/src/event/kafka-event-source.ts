import { setTimeout as delay } from "node:timers/promises";
import type { WorkflowClient } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";
import type { Log } from "@heddle/workflow";
import type { Consumer, EachMessagePayload, Kafka } from "kafkajs";
import type { EventHandlerStore } from "../metadata/event-handler-store.js";
import { kafkaClient, type KafkaConnection } from "../system/kafka/kafka-client.js";
import { payloadOf } from "./event-message.js";
import { publishEvent } from "./publish-event.js";

const PROVIDER = "kafka:";

export interface KafkaEventSourceOptions {
  readonly connection: KafkaConnection;
  /** Consumer group: all sources of one namespace share the messages. */
  readonly groupId: string;
  readonly handlers: EventHandlerStore;
  readonly client: Pick<WorkflowClient, "start">;
  readonly log: Log;
  /** How often handlers and topics are looked at. Default 5 s. */
  readonly refreshMs?: number | undefined;
}

/**
 * Takes the messages of the topics for which there are active event handlers (`kafka:<topic>`). An offset is committed when its
 * message was accepted; a message that comes again is known by partition, offset and time. A group that is new to a topic begins with
 * its oldest message.
 */
export class KafkaEventSource {
  readonly #options: KafkaEventSourceOptions;
  readonly #closing = new AbortController();
  #following: Promise<void> | undefined;
  #consumer: Consumer | undefined;
  #topics: readonly string[] = [];

  constructor(options: KafkaEventSourceOptions) {
    this.#options = options;
  }

  /** An outage of the cluster is logged and outlived. */
  start(): void {
    this.#following ??= this.#follow();
  }

  /** Lets the message that is being accepted end. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
    await this.#consumer?.disconnect();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    const { log, refreshMs = 5_000 } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#refresh();
      } catch (error) {
        log.warn("messages of Kafka cannot be taken; trying again", { error: String(error) });
      }
      await delay(refreshMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #refresh(): Promise<void> {
    const { handlers, connection } = this.#options;
    const active = await handlers.list({ activeOnly: true });
    const wanted = active
      .filter(({ event }) => event.startsWith(PROVIDER))
      .map(({ event }) => event.slice(PROVIDER.length));
    const kafka = wanted.length === 0 ? undefined : await kafkaClient(connection);
    const topics = kafka === undefined ? [] : await existing(kafka, wanted);
    if (topics.join("\n") === this.#topics.join("\n")) return;
    await this.#consumer?.disconnect();
    this.#consumer = undefined;
    this.#topics = [];
    if (kafka === undefined || topics.length === 0) return;
    this.#consumer = await this.#consume(kafka, topics);
    this.#topics = topics;
  }

  async #consume(kafka: Kafka, topics: string[]): Promise<Consumer> {
    const consumer = kafka.consumer({
      groupId: this.#options.groupId,
      allowAutoTopicCreation: false,
      // How long a source that was killed keeps its partitions from the others, and a poll one that closes from its end.
      ...{ sessionTimeout: 10_000, heartbeatInterval: 2_000, maxWaitTimeInMs: 1_000 },
      // Whatever it was: the offset of a message that was not accepted is not committed.
      retry: { restartOnFailure: () => Promise.resolve(true) },
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({ eachMessage: (message) => this.#accept(message) });
      return consumer;
    } catch (error) {
      await consumer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async #accept({ topic, partition, message }: EachMessagePayload): Promise<void> {
    const { client, log } = this.#options;
    const { offset, timestamp, value } = message;
    // A topic that was deleted and made again counts its offsets anew.
    const messageId = `${partition}-${offset}-${timestamp}`;
    const payload = value === null ? { value: null } : payloadOf(value.toString("utf8"));
    try {
      await publishEvent(client, { event: `${PROVIDER}${topic}`, messageId, payload });
    } catch (error) {
      if (!(error instanceof HeddleError) || error.retryable) throw error;
      // It would be refused for ever, and hold up all behind it.
      log.warn("a message of Kafka is left out", { topic, messageId, error: String(error) });
    }
  }
}

/** Those of the topics that exist: one that does not would keep the group from all others. */
async function existing(kafka: Kafka, topics: readonly string[]): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const known = new Set(await admin.listTopics());
    return [...new Set(topics)].filter((topic) => known.has(topic)).sort();
  } finally {
    await admin.disconnect();
  }
}
