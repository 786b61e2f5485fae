import type { TaskConsumer, TicketHandler } from "@heddle/core";
import type { Logger } from "@heddle/telemetry";
import type { RedisConnectionOptions } from "@heddle/protocol";
import { TicketFetcher } from "./ticket-fetcher.js";

export interface TicketConsumerOptions {
  readonly queue: string;
  readonly bullPrefix: string;
  readonly connection: RedisConnectionOptions;
  readonly concurrency: number;
  readonly handle: TicketHandler;
  readonly countWaiting: () => Promise<number>;
  readonly log: Logger;
}

/** Keeps the limit of handlers over one current fetcher and the replaced ones whose handlers still run. */
export class TicketConsumer implements TaskConsumer {
  readonly ready: Promise<void>;
  readonly #options: TicketConsumerOptions;
  readonly #replaced = new Set<TicketFetcher>();
  #current: TicketFetcher;
  #becameReady: () => void = () => undefined;
  #isStopped = false;

  constructor(options: TicketConsumerOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => (this.#becameReady = resolve));
    this.#current = this.#startFetcher(options.concurrency);
  }

  async pause(): Promise<void> {
    this.#isStopped = true;
    await this.#current.pause();
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#current, ...this.#replaced].map((fetcher) => fetcher.close()));
  }

  waiting(): Promise<number> {
    return this.#options.countWaiting();
  }

  /** Does nothing when paused or closed, or when every slot is taken: a full consumer is busy, not quiet. */
  async restart(): Promise<void> {
    const quiet = this.#current;
    const free = this.#options.concurrency - this.#handlingOfReplaced() - quiet.handlingCount;
    if (this.#isStopped || free < 1) return;
    this.#current = this.#startFetcher(free);
    this.#replaced.add(quiet);
    // Not awaited: handlers of the old one may run for hours.
    void quiet.close().finally(() => this.#replaced.delete(quiet));
  }

  #startFetcher(concurrency: number): TicketFetcher {
    const fetcher = new TicketFetcher({
      queue: this.#options.queue,
      bullPrefix: this.#options.bullPrefix,
      connection: this.#options.connection,
      handle: this.#options.handle,
      log: this.#options.log,
      concurrency,
      onHandled: () => this.#fillFreedSlots(),
    });
    fetcher.ready.then(
      () => this.#becameReady(),
      () => undefined,
    );
    return fetcher;
  }

  #fillFreedSlots(): void {
    if (this.#replaced.size === 0) return;
    this.#current.concurrency = Math.max(1, this.#options.concurrency - this.#handlingOfReplaced());
  }

  #handlingOfReplaced(): number {
    return [...this.#replaced].reduce((sum, fetcher) => sum + fetcher.handlingCount, 0);
  }
}
