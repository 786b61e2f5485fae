import { StopSignal, type TicketHandler } from "@heddle/core";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import { WaitingError, Worker, type Job } from "bullmq";
import type { RedisConnectionOptions } from "@heddle/protocol";
import { closeWorker } from "./close-worker.js";
import { connectConsumer } from "./redis-connection.js";
import { ticketOf } from "./ticket-job.js";
import { trackDuplicates } from "./tracked-duplicates.js";
import { FETCH_RETRY_MS, LOCK_MS, STALLED_CHECK_MS } from "./worker-timings.js";

export interface TicketFetcherOptions {
  readonly queue: string;
  readonly bullPrefix: string;
  readonly connection: RedisConnectionOptions;
  readonly concurrency: number;
  readonly handle: TicketHandler;
  /** Called whenever a handler is done. */
  readonly onHandled: () => void;
  readonly log: Logger;
}

/** One BullMQ worker with its two connections. A consumer replaces it when it went quiet. */
export class TicketFetcher {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #connections: { disconnectAll(): void };
  readonly #handling = new Set<Promise<unknown>>();
  /** By job id: told when BullMQ could not renew the lock. */
  readonly #lost = new Map<string, StopSignal>();
  readonly #handle: TicketHandler;
  readonly #onHandled: () => void;
  readonly #log: Logger;
  #isStopping = false;
  #closing: Promise<void> | undefined;

  constructor(options: TicketFetcherOptions) {
    this.#handle = options.handle;
    this.#onHandled = options.onHandled;
    this.#log = options.log;
    const client = connectConsumer(options.connection);
    this.#connections = trackDuplicates(client);
    // Two parameters: for a third BullMQ would make an AbortController per job.
    this.#worker = new Worker(options.queue, (job, token) => this.#process(job, token), {
      connection: client,
      prefix: options.bullPrefix,
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // Whether an attempt crashed its workers too often is counted by its claims; BullMQ would drop the ticket silently.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: FETCH_RETRY_MS,
      // For jobs that others put here; our own say the same.
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      skipVersionCheck: true,
    });
    this.#worker.on("error", (error) => this.#log.warn({ err: error }, LOG_EVENTS.queueError));
    this.#worker.on("lockRenewalFailed", (jobIds: string[]) => {
      for (const jobId of jobIds) this.#lost.get(jobId)?.raise(new Error("the lock of the ticket was lost"));
    });
    client.on("error", () => undefined); // BullMQ reports it through the worker
    this.ready = this.#worker.waitUntilReady();
    this.ready.catch(() => undefined);
  }

  get handlingCount(): number {
    return this.#handling.size;
  }

  set concurrency(concurrency: number) {
    this.#worker.concurrency = concurrency;
  }

  /** Fetches no more; a ticket that a fetch under way still brings is put back. */
  async pause(): Promise<void> {
    this.#isStopping = true;
    await this.#worker.pause(true);
  }

  /** Waits for the handlers without limit, and then for Redis only so long. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isStopping = true;
    await closeWorker({
      ...{ worker: this.#worker, connections: this.#connections },
      ...{ handling: this.#handling, log: this.#log },
    });
  }

  async #process(job: Job, lockToken: string | undefined): Promise<void> {
    const ticket = ticketOf(job.data);
    if (ticket === undefined) {
      this.#log.error({ jobId: job.id, jobName: job.name }, LOG_EVENTS.ticketMalformed);
      return;
    }
    if (this.#isStopping) return this.#putBack(job, lockToken);
    const lost = new StopSignal();
    const jobId = job.id ?? "";
    this.#lost.set(jobId, lost);
    const handling = this.#handle(ticket, lost).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.#handling.add(handling);
    const failed = await handling;
    this.#handling.delete(handling);
    if (this.#lost.get(jobId) === lost) this.#lost.delete(jobId);
    this.#onHandled();
    if (failed === undefined) return;
    if (this.#isStopping) return this.#putBack(job, lockToken);
    this.#log.error({ err: failed.error, jobId: job.id }, LOG_EVENTS.ticketHandlerFailed);
  }

  /** Never resolves: `WaitingError` tells BullMQ that the job was moved. Without Redis the lapsed lock does the same. */
  async #putBack(job: Job, lockToken: string | undefined): Promise<never> {
    try {
      await job.moveToWait(lockToken);
      this.#log.info({ jobId: job.id }, LOG_EVENTS.ticketPutBack);
    } catch (error) {
      this.#log.debug({ err: error, jobId: job.id }, LOG_EVENTS.queueError);
    }
    throw new WaitingError();
  }
}
