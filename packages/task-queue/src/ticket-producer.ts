import type { ActivityTicket, QueueBacklog } from "@heddle/core";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import { type Job, Queue } from "bullmq";
import type { RedisClient } from "./redis-connection.js";
import { jobOf } from "./ticket-job.js";
import { TimeLimitExceededError, withTimeLimit } from "./time-limit.js";

/** Tickets per pipeline; bounds what one failed round trip leaves unknown. */
const BATCH_SIZE = 500;

/** Adds tickets to one queue and looks at those that wait. Shares its connection with the other producers. */
export class TicketProducer {
  readonly #queue: Queue;
  readonly #timeLimitMs: number;
  readonly #log: Logger;

  constructor(options: {
    queue: string;
    bullPrefix: string;
    client: RedisClient;
    timeLimitMs: number;
    log: Logger;
  }) {
    this.#timeLimitMs = options.timeLimitMs;
    this.#log = options.log;
    this.#queue = new Queue(options.queue, {
      connection: options.client,
      prefix: options.bullPrefix,
      // The events of BullMQ carry nothing for us; a stream of its default 10 000 entries per queue would be waste.
      streams: { events: { maxLen: 10 } },
      // The check reads INFO once, and a queue whose check failed stays broken. redis-store checks the server itself.
      skipVersionCheck: true,
    });
    this.#queue.on("error", (error) => this.#log.warn({ err: error }, LOG_EVENTS.queueError));
  }

  /** The tickets that Redis confirmed. Never rejects: what is missing in the answer is to be added again. */
  async add(tickets: readonly ActivityTicket[]): Promise<readonly ActivityTicket[]> {
    const confirmed: ActivityTicket[] = [];
    for (let from = 0; from < tickets.length; from += BATCH_SIZE) {
      const batch = tickets.slice(from, from + BATCH_SIZE);
      const added = await this.#addBatch(batch);
      confirmed.push(...added);
      // Redis is away or full: the rest would only wait for the same.
      if (added.length === 0) break;
    }
    return confirmed;
  }

  async #addBatch(batch: readonly ActivityTicket[]): Promise<readonly ActivityTicket[]> {
    try {
      await withTimeLimit(this.#queue.addBulk(batch.map(jobOf)), this.#timeLimitMs, "adding tickets");
      return batch;
    } catch (error) {
      // A pipeline is no transaction: some tickets may be in. Adding each again tells, and is a no-op for those.
      const confirmed = error instanceof TimeLimitExceededError ? [] : await this.#addOneByOne(batch);
      this.#log.warn(
        { err: error, tickets: batch.length, confirmed: confirmed.length },
        LOG_EVENTS.ticketsUnconfirmed,
      );
      return confirmed;
    }
  }

  async #addOneByOne(batch: readonly ActivityTicket[]): Promise<readonly ActivityTicket[]> {
    const outcomes = await Promise.allSettled(
      batch.map(async (ticket) => {
        const { name, data, opts } = jobOf(ticket);
        return withTimeLimit(this.#queue.add(name, data, opts), this.#timeLimitMs, "adding a ticket");
      }),
    );
    return batch.filter((_ticket, index) => outcomes[index]?.status === "fulfilled");
  }

  /** Rejects when Redis does not answer within the time limit. */
  async waiting(): Promise<number> {
    return withTimeLimit(this.#queue.getWaitingCount(), this.#timeLimitMs, "counting tickets");
  }

  /** Rejects when Redis does not answer within the time limit. */
  async backlog(): Promise<QueueBacklog> {
    const looked = Promise.all([
      this.#queue.getJobCounts("waiting", "active"),
      this.#queue.getWaiting(0, 0), // the oldest comes first
    ]);
    const [counts, [oldest]] = await withTimeLimit(looked, this.#timeLimitMs, "looking at a queue");
    return {
      waiting: counts["waiting"] ?? 0,
      active: counts["active"] ?? 0,
      oldestWaitingAtMs: (oldest as Job | undefined)?.timestamp,
    };
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
