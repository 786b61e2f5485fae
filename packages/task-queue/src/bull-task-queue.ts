import type {
  ActivityTicket,
  BacklogReader,
  QueueBacklog,
  TaskConsumer,
  TaskQueue,
  TicketHandler,
  TicketSource,
} from "@heddle/core";
import { InvalidArgumentError, ShutDownError, type RedisConnectionOptions } from "@heddle/protocol";
import type { Logger } from "@heddle/telemetry";
import { bullPrefixOf } from "./queue-keys.js";
import { connectProducer, type RedisClient } from "./redis-connection.js";
import { TicketConsumer } from "./ticket-consumer.js";
import { TicketPoller, type Demand } from "./ticket-poller.js";
import { TicketProducer } from "./ticket-producer.js";
import { withTimeLimit } from "./time-limit.js";

export interface TaskQueueOptions {
  readonly namespace: string;
  /** First part of all keys. Default `heddle`. */
  readonly prefix?: string;
  readonly connection: RedisConnectionOptions;
  readonly log: Logger;
  /** Longest wait of one call to Redis when adding or counting. Default 5 s. */
  readonly timeLimitMs?: number;
}

/** Connects lazily: nothing is opened before the first `enqueue` or `consume`. */
export function createTaskQueue(options: TaskQueueOptions): BullTaskQueue {
  return new BullTaskQueue(options);
}

/** Tickets over BullMQ, one BullMQ queue per queue of Heddle. One connection adds, each consumer has two. */
export class BullTaskQueue implements TaskQueue, BacklogReader, TicketSource {
  readonly #options: Required<TaskQueueOptions>;
  readonly #producers = new Map<string, TicketProducer>();
  readonly #consumers = new Set<TicketConsumer>();
  readonly #pollers = new Map<string, TicketPoller>();
  #client: RedisClient | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: TaskQueueOptions) {
    this.#options = { prefix: "heddle", timeLimitMs: 5_000, ...options };
    bullPrefixOf({ ...this.#options, queue: "default" });
  }

  async enqueue(queue: string, tickets: readonly ActivityTicket[]): Promise<readonly ActivityTicket[]> {
    return tickets.length === 0 ? [] : this.#producer(queue).add(tickets);
  }

  async backlog(queue: string): Promise<QueueBacklog> {
    return this.#producer(queue).backlog();
  }

  take(queue: string, demand: Demand, take: (ticket: ActivityTicket) => Promise<boolean>): Promise<void> {
    return this.#poller(queue).take(demand, take);
  }

  consume(queue: string, options: { concurrency: number }, handle: TicketHandler): TaskConsumer {
    if (!Number.isInteger(options.concurrency) || options.concurrency < 1) {
      throw new InvalidArgumentError(
        `concurrency is ${options.concurrency}; it must be a whole number from 1`,
        {
          details: { field: "concurrency" },
        },
      );
    }
    const producer = this.#producer(queue);
    const consumer = new TicketConsumer({
      queue,
      bullPrefix: this.#bullPrefix(queue),
      connection: this.#options.connection,
      concurrency: options.concurrency,
      handle,
      countWaiting: () => producer.waiting(),
      log: this.#options.log,
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Closes its consumers too, and so waits for their handlers. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const pollers = [...this.#pollers.values()];
    await Promise.all([...this.#consumers, ...pollers].map((fetching) => fetching.close()));
    await Promise.all([...this.#producers.values()].map((producer) => producer.close()));
    const client = this.#client;
    if (client === undefined) return;
    // `quit` lets commands under way finish; without Redis it would wait for it.
    await withTimeLimit(client.quit(), 1_000, "closing the connection").catch(() => undefined);
    client.disconnect();
  }

  #producer(queue: string): TicketProducer {
    if (this.#closing !== undefined) throw new ShutDownError("the task queue is closed");
    const known = this.#producers.get(queue);
    if (known !== undefined) return known;
    const bullPrefix = this.#bullPrefix(queue);
    const producer = new TicketProducer({
      queue,
      bullPrefix,
      client: (this.#client ??= this.#connect()),
      timeLimitMs: this.#options.timeLimitMs,
      log: this.#options.log,
    });
    this.#producers.set(queue, producer);
    return producer;
  }

  #poller(queue: string): TicketPoller {
    if (this.#closing !== undefined) throw new ShutDownError("the task queue is closed");
    const known = this.#pollers.get(queue);
    if (known !== undefined) return known;
    const { connection, log } = this.#options;
    const poller = new TicketPoller({
      ...{ queue, connection, log },
      bullPrefix: this.#bullPrefix(queue),
      onIdle: () => this.#pollers.delete(queue),
    });
    this.#pollers.set(queue, poller);
    return poller;
  }

  #connect(): RedisClient {
    const client = connectProducer(this.#options.connection);
    client.on("error", () => undefined); // BullMQ reports it through its queues
    return client;
  }

  #bullPrefix(queue: string): string {
    return bullPrefixOf({ prefix: this.#options.prefix, namespace: this.#options.namespace, queue });
  }
}
