import type { StopSignal } from "./stop-signal.js";
import type { ActivityTicket } from "./store/activity-store.js";

/** Brings tickets to workers. At-least-once; the claim decides who runs. Nothing of a result goes through here. */
export interface TaskQueue {
  /**
   * Adds tickets to a queue; adding the same ticket again is a no-op while it exists.
   * Returns those that the queue confirmed; the caller repeats the others.
   */
  enqueue(queue: string, tickets: readonly ActivityTicket[]): Promise<readonly ActivityTicket[]>;
  /** Pulls tickets with at most `concurrency` handlers at once. */
  consume(queue: string, options: { concurrency: number }, handle: TicketHandler): TaskConsumer;
  close(): Promise<void>;
}

/** Looks into queues; a few commands each, however much waits. */
export interface BacklogReader {
  /** Rejects when the queue cannot be asked within a few seconds. */
  backlog(queue: string): Promise<QueueBacklog>;
}

export interface QueueBacklog {
  /** Tickets that no worker has fetched. */
  readonly waiting: number;
  /** Tickets in workers. */
  readonly active: number;
  /** When the oldest of those that wait was added, by the clock of who added it; epoch ms. */
  readonly oldestWaitingAtMs: number | undefined;
}

/** Gives tickets to whoever asks, for as long as they ask; any number of processes may ask one queue. */
export interface TicketSource {
  /**
   * Gives `take` up to `count` tickets, one after the other, and waits up to `waitMs` for the first. Resolves when `take`
   * has used so many, when the queue has no more, when time is up or `stop` is aborted. `take` says whether it used the
   * ticket; one that it rejects is put back. Rejects when the queue cannot be reached within a few seconds.
   */
  take(
    queue: string,
    demand: { readonly count: number; readonly waitMs: number; readonly stop: AbortSignal },
    take: (ticket: ActivityTicket) => Promise<boolean>,
  ): Promise<void>;
}

/** `lost` is raised when the queue may deliver the ticket to someone else. */
export type TicketHandler = (ticket: ActivityTicket, lost: StopSignal) => Promise<void>;

export interface TaskConsumer {
  /** Resolves when the consumer fetches tickets. */
  readonly ready: Promise<void>;
  /** Stops fetching; handlers in flight go on. */
  pause(): Promise<void>;
  /** Stops fetching, then waits until all handlers in flight are done. */
  close(): Promise<void>;
  /** Tickets waiting in the queue that nobody has fetched yet. */
  waiting(): Promise<number>;
  /** Builds the underlying consumer anew; for one that went quiet after a reconnect. */
  restart(): Promise<void>;
}
