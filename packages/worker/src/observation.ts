import type { ActivityTicket } from "@heddle/core";

/**
 * Places where a crash matters:
 * `worker.claimed`: the attempt is ours, its code has not begun;
 * `worker.executed`: the code has ended, nobody knows;
 * `worker.settled`: the store has answered, the ticket still exists.
 */
export type ObservationPoint = "worker.claimed" | "worker.executed" | "worker.settled";

export interface ObservationDetails {
  readonly ticket: ActivityTicket;
  readonly activityName: string;
  /** At `worker.executed` how the code ended, at `worker.settled` what the store answered. */
  readonly outcome?: string;
}

/** Called synchronously; whatever it does to the process happens exactly there. */
export type Observe = (point: ObservationPoint, details: ObservationDetails) => void;
