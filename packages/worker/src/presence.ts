import type { QueueStore } from "@heddle/core";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import type { ServedQueue } from "./served-queue.js";

const EVERY_MS = 5_000;
/** Two lost announcements in a row cost nothing; a killed worker is gone from the lists after that. */
const TTL_MS = 3 * EVERY_MS;

export interface PresenceOptions {
  readonly store: Pick<QueueStore, "announceWorker" | "withdrawWorker">;
  readonly workerId: string;
  readonly host: string;
  readonly queues: readonly ServedQueue[];
  readonly log: Logger;
}

/** Says which queues the worker serves and how busy it is: for people and for whoever scales workers. Decides nothing. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #timer: NodeJS.Timeout;
  #announcing: Promise<boolean> | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#announce(), EVERY_MS);
    this.#announce();
  }

  /** Ends it at once, as far as Redis can be reached. Never rejects. */
  async withdraw(): Promise<void> {
    clearInterval(this.#timer);
    // Redis is away: it forgets the worker by itself.
    if ((await this.#announcing) === false) return;
    const { store, workerId, queues } = this.#options;
    await this.#each(queues, ({ queue }) => store.withdrawWorker({ queue, workerId }));
  }

  #announce(): void {
    const { store, workerId, host, queues } = this.#options;
    this.#announcing ??= this.#each(queues, ({ queue, concurrency, running }) =>
      store.announceWorker({ queue, workerId, host, concurrency, active: running.length, ttlMs: TTL_MS }),
    ).finally(() => (this.#announcing = undefined));
  }

  /** Whether Redis has heard all of it. */
  async #each(queues: readonly ServedQueue[], say: (served: ServedQueue) => Promise<void>): Promise<boolean> {
    const said = await Promise.allSettled(queues.map(say));
    const failed = said.filter((outcome) => outcome.status === "rejected");
    for (const { reason } of failed) {
      this.#options.log.debug({ err: reason as unknown }, LOG_EVENTS.presenceFailed);
    }
    return failed.length === 0;
  }
}
