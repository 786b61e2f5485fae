import { randomBytes } from "node:crypto";
import type { ActivityTicket } from "@heddle/core";
import { UnavailableError, type RedisConnectionOptions } from "@heddle/protocol";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import { Worker, type Job } from "bullmq";
import { closeWorker } from "./close-worker.js";
import { connectConsumer } from "./redis-connection.js";
import { ticketOf } from "./ticket-job.js";
import { TimeLimitExceededError, withTimeLimit } from "./time-limit.js";
import { trackDuplicates } from "./tracked-duplicates.js";
import { FETCH_RETRY_MS, LOCK_MS, STALLED_CHECK_MS } from "./worker-timings.js";

/** How long a blocking fetch may outlive whoever waited for it. */
const BLOCK_SECONDS = 1;
/** The longest fetch without a block. */
const FETCH_LIMIT_MS = 5_000;
/** Nobody has polled for so long: its connections are given up. */
const IDLE_MS = 60_000;
/** Tickets fetched side by side. */
const MOST_AT_ONCE = 20;

export interface TicketPollerOptions {
  readonly queue: string;
  readonly bullPrefix: string;
  readonly connection: RedisConnectionOptions;
  readonly log: Logger;
  /** It has closed itself, because nobody polled. */
  readonly onIdle: () => void;
}

export interface Demand {
  readonly count: number;
  readonly waitMs: number;
  readonly stop: AbortSignal;
}

type Waiter = (job?: Job) => void;

/**
 * Fetches tickets of one queue for whoever polls: without a wait first, and then by one blocking fetch for all who wait.
 * What it fetches for nobody goes back to the head of the queue.
 */
export class TicketPoller {
  readonly #worker: Worker;
  readonly #connections: { disconnectAll(): void };
  readonly #token = randomBytes(9).toString("base64url");
  readonly #log: Logger;
  readonly #queue: string;
  readonly #waiters = new Set<Waiter>();
  readonly #handling = new Set<Promise<unknown>>();
  readonly #idle: NodeJS.Timeout;
  #wasPolled = true;
  #watching: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: TicketPollerOptions) {
    this.#log = options.log;
    this.#queue = options.queue;
    const client = connectConsumer(options.connection);
    this.#connections = trackDuplicates(client);
    this.#worker = new Worker(options.queue, null, {
      connection: client,
      prefix: options.bullPrefix,
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: BLOCK_SECONDS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      skipVersionCheck: true,
    });
    this.#worker.on("error", (error) => this.#log.warn({ err: error }, LOG_EVENTS.queueError));
    client.on("error", () => undefined); // BullMQ reports it through the worker
    void this.#worker.startStalledCheckTimer().catch(() => undefined);
    this.#idle = setInterval(() => {
      if (this.#wasPolled) {
        this.#wasPolled = false;
        return;
      }
      options.onIdle();
      void this.close();
    }, IDLE_MS);
    this.#idle.unref();
  }

  async take(demand: Demand, take: (ticket: ActivityTicket) => Promise<boolean>): Promise<void> {
    this.#wasPolled = true;
    const deadlineMs = performance.now() + demand.waitMs;
    const { count, stop } = demand;
    let used = 0;
    while (used < count && !stop.aborted && this.#closing === undefined) {
      let jobs = await this.#fetchAtOnce(count - used);
      if (jobs.length === 0) {
        const leftMs = deadlineMs - performance.now();
        // Who has something does not wait for more.
        if (used > 0 || leftMs <= 0) return;
        const job = await this.#wait(leftMs, stop);
        if (job === undefined) return;
        jobs = [job];
      }
      const outcomes = await Promise.allSettled(jobs.map((job) => this.#handle(job, stop, take)));
      used += outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value).length;
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
  }

  /** Waits for tickets that are being taken, and then for Redis only so long. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What the queue has now; the second fetch is for those that have found something. */
  async #fetchAtOnce(count: number): Promise<Job[]> {
    const first = await this.#fetchNow();
    if (first === undefined) return [];
    const more = await Promise.all(
      Array.from({ length: Math.min(count, MOST_AT_ONCE) - 1 }, () => this.#fetchNow()),
    );
    return [first, ...more.filter((job) => job !== undefined)];
  }

  async #fetchNow(): Promise<Job | undefined> {
    const fetched = this.#worker.getNextJob(this.#token, { block: false });
    try {
      return await withTimeLimit(fetched, FETCH_LIMIT_MS, "fetching a ticket");
    } catch (cause) {
      if (cause instanceof TimeLimitExceededError) {
        void fetched.then((job) => job && this.#putBack(job)).catch(() => undefined);
      }
      throw new UnavailableError(`queue "${this.#queue}" cannot be polled now; try again`, {
        details: { queue: this.#queue },
        cause,
      });
    }
  }

  #wait(waitMs: number, stop: AbortSignal): Promise<Job | undefined> {
    return new Promise((resolve) => {
      const end = (job?: Job): void => {
        this.#waiters.delete(end);
        clearTimeout(timer);
        stop.removeEventListener("abort", giveUp);
        resolve(job);
      };
      const giveUp = (): void => end();
      const timer = setTimeout(giveUp, waitMs);
      stop.addEventListener("abort", giveUp);
      this.#waiters.add(end);
      this.#watching ??= this.#watch().finally(() => (this.#watching = undefined));
    });
  }

  async #watch(): Promise<void> {
    while (this.#waiters.size > 0 && this.#closing === undefined) {
      try {
        const job = await this.#worker.getNextJob(this.#token, { block: true });
        if (job !== undefined) await this.#deal(job);
      } catch (error) {
        this.#log.warn({ err: error }, LOG_EVENTS.queueError);
        await new Promise((resolve) => setTimeout(resolve, FETCH_RETRY_MS));
      }
    }
  }

  async #deal(job: Job): Promise<void> {
    const [waiter] = this.#waiters;
    if (waiter === undefined) await this.#putBack(job);
    else waiter(job);
  }

  async #handle(
    job: Job,
    stop: AbortSignal,
    take: (ticket: ActivityTicket) => Promise<boolean>,
  ): Promise<boolean> {
    const ticket = ticketOf(job.data);
    if (ticket === undefined) {
      this.#log.error({ jobId: job.id, jobName: job.name }, LOG_EVENTS.ticketMalformed);
      await this.#finish(job);
      return false;
    }
    if (stop.aborted) {
      await this.#putBack(job);
      return false;
    }
    const handling = take(ticket);
    this.#handling.add(handling);
    try {
      const isUsed = await handling;
      await this.#finish(job);
      return isUsed;
    } catch (error) {
      await this.#putBack(job);
      throw error;
    } finally {
      this.#handling.delete(handling);
    }
  }

  /** One that stays comes back after its lock has lapsed, and is of no more use then. */
  async #finish(job: Job): Promise<void> {
    await job.moveToCompleted(undefined, this.#token, false).catch((error: unknown) => {
      this.#log.debug({ err: error, jobId: job.id }, LOG_EVENTS.queueError);
    });
  }

  async #putBack(job: Job): Promise<void> {
    await job.moveToWait(this.#token).catch((error: unknown) => {
      this.#log.debug({ err: error, jobId: job.id }, LOG_EVENTS.queueError);
    });
  }

  async #close(): Promise<void> {
    clearInterval(this.#idle);
    await closeWorker({
      ...{ worker: this.#worker, connections: this.#connections },
      ...{ handling: this.#handling, log: this.#log },
    });
  }
}
