/** A worker that said lately that it serves a queue. */
export interface LiveWorker {
  readonly id: string;
  readonly host: string;
  /** Attempts that it runs at once, of this queue. */
  readonly concurrency: number;
  /** Attempts that it ran when it was last seen. */
  readonly active: number;
  /** Redis clock, epoch ms. */
  readonly lastSeenAtMs: number;
}

export interface QueueSummary {
  readonly name: string;
  /** Tickets that no worker has fetched. */
  readonly waiting: number;
  /** Attempts in workers. One that waits to be completed from outside is in none. */
  readonly active: number;
  /** `waiting` and `active` together. */
  readonly backlog: number;
  /** How long the oldest ticket waits; 0 when none does. */
  readonly oldestWaitingAgeMs: number;
  readonly liveWorkers: number;
  readonly recommendedReplicas: number;
}

export interface QueueDescription extends QueueSummary {
  /** Backlog per worker that the recommendation was made for. */
  readonly targetPerWorker: number;
  /** Those who said last that they live; at most 100. */
  readonly workers: readonly LiveWorker[];
}

export interface QueuePage {
  /** In order of their names. */
  readonly items: readonly QueueSummary[];
  /** Absent on the last page. */
  readonly cursor?: string;
}
