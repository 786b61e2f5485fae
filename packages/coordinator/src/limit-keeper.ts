import type { LimitStore, TaskQueue } from "@heddle/core";
import type { Log } from "@heddle/workflow";
import { groupBy } from "./group-by.js";

/** When limits cannot be asked for. */
const RETRY_MS = 1_000;

/**
 * Puts tickets that wait for a limit back into their queues once it has room: at once when an attempt that counted has
 * ended, by time when it is a rate, and by looking when an attempt ended without anyone saying so. Every coordinator does
 * it for all limits; a ticket that is put twice is claimed once.
 */
export class LimitKeeper {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private readonly offering = new Map<string, { again: boolean; readonly done: Promise<void> }>();
  private stopped = false;

  constructor(
    private readonly store: LimitStore,
    private readonly taskQueue: TaskQueue,
    private readonly log: Log,
  ) {}

  start(): void {
    this.looking = this.look();
  }

  /** A limit has room, and tickets wait for it. */
  hasRoom(key: string): void {
    if (this.stopped) return;
    const underWay = this.offering.get(key);
    // An offer under way may not have seen this room.
    if (underWay !== undefined) underWay.again = true;
    else this.offering.set(key, { again: false, done: this.offerWhileRoom(key) });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await Promise.all([this.looking, ...[...this.offering.values()].map(({ done }) => done)]);
  }

  private async look(): Promise<void> {
    let nextInMs = RETRY_MS;
    try {
      const due = await this.store.limitsDue();
      nextInMs = due.nextInMs;
      for (const key of due.keys) {
        await this.store.freeEndedSlots(key);
        await this.offer(key);
      }
    } catch (error) {
      this.warn(error);
    }
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.looking = this.look();
    }, nextInMs);
  }

  private async offerWhileRoom(key: string): Promise<void> {
    let hasMore = true;
    while (hasMore) {
      await this.offer(key).catch((error: unknown) => this.warn(error));
      const underWay = this.offering.get(key);
      hasMore = underWay?.again === true;
      if (underWay !== undefined) underWay.again = false;
    }
    this.offering.delete(key);
  }

  private async offer(key: string): Promise<void> {
    const tickets = await this.store.offerTickets(key);
    await Promise.all(
      [...groupBy(tickets, ({ queue }) => queue)].map(([queue, offered]) =>
        this.taskQueue.enqueue(
          queue,
          offered.map(({ ticket }) => ticket),
        ),
      ),
    );
  }

  private warn(error: unknown): void {
    this.log.warn("tickets that wait for a limit could not be looked at; trying again", {
      error: String(error),
    });
  }
}
