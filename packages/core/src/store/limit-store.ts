import type { ActivityTicket } from "./activity-store.js";

/** A ticket and the queue it is for. */
export interface QueuedTicket {
  readonly queue: string;
  readonly ticket: ActivityTicket;
}

/**
 * What coordinators do for tickets that wait for a limit of their activity. Any number of them may do it at once; nothing
 * here decides who runs an attempt, the claim does.
 */
export interface LimitStore {
  /** Limits to look at now, and when the next one is due at the latest. */
  limitsDue(): Promise<{ readonly keys: readonly string[]; readonly nextInMs: number }>;
  /** Frees what is held by attempts that have ended without saying so, or that never began. */
  freeEndedSlots(key: string): Promise<void>;
  /** Tickets that a limit has room for, to be put into their queues. They are named again until they are claimed. */
  offerTickets(key: string): Promise<readonly QueuedTicket[]>;
}
