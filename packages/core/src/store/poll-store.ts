/** Who asks queues for work without being a worker of this system. Nothing of it decides who gets a ticket. */
export interface PollStore {
  /** Remembers that a queue was polled. Of a queue a thousand pollers stay known, for a week. Safe to repeat. */
  notePoll(poll: {
    readonly queue: string;
    /** What the queue is to who polls it; opaque. */
    readonly label: string;
    readonly poller: string;
  }): Promise<void>;
  /** How long ago a queue was polled; `undefined` when it was not within a week. By the Redis clock, in ms. */
  lastPollAtMs(queue: string): Promise<{ readonly atMs: number; readonly nowMs: number } | undefined>;
  /** Labels of the queues that were polled within a week, ten thousand at most. */
  polledQueues(): Promise<readonly string[]>;
  /** Pollers of a queue and when each was last seen, the latest first. */
  pollersOf(queue: string): Promise<readonly { readonly poller: string; readonly atMs: number }[]>;
}
