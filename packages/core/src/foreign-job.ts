/** A job that another service put on the ingestion queue. */
export interface ForeignJob {
  /** As the service chose it, or a number that the queue gave. */
  readonly id: string;
  readonly name: string;
  /** JSON text, as it was put: nothing is parsed on the way, so nothing is rounded. */
  readonly data: string;
}

/**
 * What became of a job: `accepted` and `refused` end it, and `value` or `reason` is told to whoever waits for it;
 * with `retry` it comes back after a pause, without limit.
 */
export type ForeignJobOutcome =
  | { readonly outcome: "accepted"; readonly value: object }
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "retry"; readonly reason: string };

/** Called again with the same job when a process dies before the job has ended. Never rejects. */
export type ForeignJobHandler = (job: ForeignJob) => Promise<ForeignJobOutcome>;

/** Takes jobs from the ingestion queue. */
export interface ForeignJobConsumer {
  /** Takes no more, and waits for the handlers under way. Safe to repeat. */
  close(): Promise<void>;
}
