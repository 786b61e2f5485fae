import type { ActivityStore, ActivityTicket } from "@heddle/core";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import type { ProgressReport } from "./progress-report.js";

/** What has to be kept alive. */
interface LivingAttempt {
  readonly ticket: ActivityTicket;
  readonly progress: ProgressReport;
  readonly ids: Readonly<Record<string, unknown>>;
  interrupt(reason: "stale"): void;
}

/**
 * Says for every running attempt that it lives: one timer for the whole worker, four beats per liveness time, so
 * that one lost beat costs nothing. The store sends the beats of a tick together.
 */
export class Heartbeats {
  readonly #store: ActivityStore;
  readonly #log: Logger;
  readonly #attempts = new Set<LivingAttempt>();
  readonly #underWay = new Map<LivingAttempt, Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: { store: ActivityStore; livenessMs: number; log: Logger }) {
    this.#store = options.store;
    this.#log = options.log;
    this.#timer = setInterval(() => this.#tick(), options.livenessMs / 4);
  }

  track(attempt: LivingAttempt): void {
    this.#attempts.add(attempt);
  }

  untrack(attempt: LivingAttempt): void {
    this.#attempts.delete(attempt);
  }

  /** One beat now, or the one under way. Never rejects; what did not arrive is sent with the next beat. */
  beat(attempt: LivingAttempt): Promise<void> {
    const underWay = this.#underWay.get(attempt);
    if (underWay !== undefined) return underWay;
    const beat = this.#send(attempt).finally(() => this.#underWay.delete(attempt));
    this.#underWay.set(attempt, beat);
    return beat;
  }

  /** Tries once to bring what the code reported last. */
  async flush(attempt: LivingAttempt): Promise<void> {
    await this.#underWay.get(attempt);
    if (attempt.progress.isPending) await this.beat(attempt);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    for (const attempt of this.#attempts) void this.beat(attempt);
  }

  async #send(attempt: LivingAttempt): Promise<void> {
    const { undelivered, ...report } = attempt.progress.take((error) =>
      this.#log.error({ err: error, ...attempt.ids }, LOG_EVENTS.heartbeatDetailsUnserialisable),
    );
    try {
      const { outcome } = await this.#store.heartbeat({ ticket: attempt.ticket, ...report });
      // After its settlement the attempt is untracked, and a late answer says nothing about it.
      if (outcome === "stale" && this.#attempts.has(attempt)) attempt.interrupt("stale");
    } catch (error) {
      undelivered();
      this.#log.debug({ err: error, ...attempt.ids }, LOG_EVENTS.heartbeatFailed);
    }
  }
}
