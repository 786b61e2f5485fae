import type { ForeignJobConsumer, ForeignJobHandler } from "@heddle/core";
import { InvalidArgumentError, type RedisConnectionOptions } from "@heddle/protocol";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import { DelayedError, UnrecoverableError, WaitingError, type Job } from "bullmq";
import { closeWorker } from "./close-worker.js";
import { ForeignJobWorker } from "./foreign-job-worker.js";
import { ingestionQueueName } from "./ingestion-queue.js";
import { connectConsumer } from "./redis-connection.js";
import { trackDuplicates } from "./tracked-duplicates.js";
import { FETCH_RETRY_MS, LOCK_MS, STALLED_CHECK_MS } from "./worker-timings.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export interface ForeignJobConsumerOptions {
  readonly namespace: string;
  readonly queue: string;
  /** First part of all keys. Default `heddle`. */
  readonly prefix?: string | undefined;
  readonly connection: RedisConnectionOptions;
  /** Jobs handled at a time. */
  readonly concurrency: number;
  readonly handle: ForeignJobHandler;
  readonly log: Logger;
}

/**
 * Takes jobs from the ingestion queue of a namespace. A job that has ended leaves nothing in Redis, whatever its producer
 * asked for: who remembers it is the workflow, by the ids that the handler makes of it.
 */
export function consumeForeignJobs(options: ForeignJobConsumerOptions): ForeignJobConsumer {
  const { concurrency } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new InvalidArgumentError(`concurrency is ${concurrency}; it must be a whole number from 1`, {
      details: { field: "concurrency" },
    });
  }
  return new BullForeignJobConsumer(options);
}

class BullForeignJobConsumer implements ForeignJobConsumer {
  readonly #worker: ForeignJobWorker;
  readonly #connections: { disconnectAll(): void };
  readonly #handling = new Set<Promise<unknown>>();
  readonly #handle: ForeignJobHandler;
  readonly #log: Logger;
  #closing: Promise<void> | undefined;

  constructor(options: ForeignJobConsumerOptions) {
    this.#handle = options.handle;
    this.#log = options.log;
    const { name, prefix } = ingestionQueueName(options);
    const client = connectConsumer(options.connection);
    this.#connections = trackDuplicates(client);
    // Two parameters: for a third BullMQ would make an AbortController per job.
    this.#worker = new ForeignJobWorker(name, (job, token) => this.#process(job, token), {
      connection: client,
      prefix,
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // Gateways may come and go as often as they like; BullMQ would fail the job.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: FETCH_RETRY_MS,
      skipVersionCheck: true,
    });
    this.#worker.on("error", (error) => this.#log.warn({ err: error }, LOG_EVENTS.queueError));
    client.on("error", () => undefined); // BullMQ reports it through the worker
  }

  close(): Promise<void> {
    this.#closing ??= closeWorker({
      ...{ worker: this.#worker, connections: this.#connections },
      ...{ handling: this.#handling, log: this.#log },
    });
    return this.#closing;
  }

  async #process(job: Job, token: string | undefined): Promise<object> {
    const handling = this.#handle({ id: job.id ?? "", name: job.name, data: this.#worker.dataOf(job) });
    this.#handling.add(handling);
    const outcome = await handling.finally(() => this.#handling.delete(handling));
    switch (outcome.outcome) {
      case "accepted":
        return outcome.value;
      case "refused":
        // Failed without another attempt, however many the producer asked for.
        throw new UnrecoverableError(outcome.reason);
      case "retry":
        return this.#retryLater(job, token, outcome.reason);
    }
  }

  /** Never resolves: these errors tell BullMQ that the job was moved. */
  async #retryLater(job: Job, token: string | undefined, reason: string): Promise<never> {
    const pauseMs = pauseBehind(job.attemptsStarted);
    this.#log.warn({ jobId: job.id, reason, pauseMs }, LOG_EVENTS.foreignJobRetried);
    try {
      await job.moveToDelayed(Date.now() + pauseMs, token);
    } catch (error) {
      // Redis is away or full: the lock lapses, and whoever finds the job stalled brings it back.
      this.#log.debug({ err: error, jobId: job.id }, LOG_EVENTS.queueError);
      throw new WaitingError();
    }
    throw new DelayedError();
  }
}

/** With jitter, so that jobs that were refused together do not return together. */
function pauseBehind(attempt: number): number {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.round(most * (0.5 + Math.random() / 2));
}
