// Clients of Redis have more than once stopped fetching after a reconnect, silently. Only looking at the queue tells.
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import type { ServedQueue } from "./served-queue.js";
import { QuietQueue } from "./quiet-queue.js";

/** Looks after the consumers of a worker and builds one anew that went quiet. */
export class Watchdog {
  readonly #queues: readonly { served: ServedQueue; judgement: QuietQueue }[];
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #lastProgressAtMs = Date.now();
  #restarts = 0;
  #isLooking = false;

  constructor(options: { queues: readonly ServedQueue[]; watchdogMs: number; log: Logger }) {
    this.#log = options.log;
    this.#queues = options.queues.map((served) => ({
      served,
      judgement: new QuietQueue(options.watchdogMs),
    }));
    this.#timer = setInterval(() => void this.#look(), options.watchdogMs / 5);
    this.#timer.unref();
  }

  /** The last look at which no queue was quiet. Far in the past means that restarts do not help. */
  get lastProgressAtMs(): number {
    return this.#lastProgressAtMs;
  }

  get restarts(): number {
    return this.#restarts;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const moving = await Promise.all(this.#queues.map((queue) => this.#isMoving(queue)));
      if (moving.every(Boolean)) this.#lastProgressAtMs = Date.now();
    } finally {
      this.#isLooking = false;
    }
  }

  async #isMoving({ served, judgement }: { served: ServedQueue; judgement: QuietQueue }): Promise<boolean> {
    const waiting = await served.consumer.waiting().catch(() => undefined);
    const { freeSlots, fetched } = served;
    const verdict = judgement.judge({ nowMs: Date.now(), waiting, freeSlots, fetched });
    if (verdict !== "restart") return verdict === "moving";
    this.#restarts++;
    this.#log.error({ queue: served.queue, waiting, freeSlots }, LOG_EVENTS.consumerQuiet);
    await served.consumer.restart();
    return false;
  }
}
