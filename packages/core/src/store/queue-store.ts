import type { LiveWorker } from "@heddle/protocol";

/** What is known of queues beside their tickets: that they are used, and who serves them. Nothing of it decides anything. */
export interface QueueStore {
  /** Says that a queue has tickets or may get some. It stays known for a week. Safe to repeat. */
  noteQueue(queue: string): Promise<void>;
  /** Says that a worker serves a queue; it counts as alive for `ttlMs`. Safe to repeat. */
  announceWorker(announcement: WorkerAnnouncement): Promise<void>;
  /** Ends that at once. */
  withdrawWorker(worker: Pick<WorkerAnnouncement, "queue" | "workerId">): Promise<void>;
  /** Queues in use, in order of their names; of more than a thousand those that were used last. */
  queueNames(): Promise<readonly string[]>;
  isQueueKnown(queue: string): Promise<boolean>;
  /** Live workers of a queue: how many in all, and at most `limit` of them. */
  liveWorkers(queue: string, options: { readonly limit: number }): Promise<LiveWorkers>;
}

export interface WorkerAnnouncement {
  readonly queue: string;
  /** Differs for every worker. */
  readonly workerId: string;
  readonly host: string;
  /** Attempts that it runs at once, of this queue. */
  readonly concurrency: number;
  /** Attempts that it runs now. */
  readonly active: number;
  readonly ttlMs: number;
}

export interface LiveWorkers {
  readonly total: number;
  readonly workers: readonly LiveWorker[];
  /** Redis clock, epoch ms. */
  readonly nowMs: number;
}
