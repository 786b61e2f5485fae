import {
  assertQueueName,
  InvalidArgumentError,
  type LiveWorker,
  type QueueDescription,
  type QueuePage,
  UnavailableError,
} from "@heddle/protocol";
import type { QueueStore } from "../store/queue-store.js";
import type { BacklogReader, QueueBacklog } from "../task-queue.js";
import { recommendedReplicas } from "./recommended-replicas.js";

export interface DescribeQueueOptions {
  /** Backlog that one worker is to have, 1 to 1,000,000. Default: the mean concurrency of the live workers, or 100. */
  readonly targetPerWorker?: number | undefined;
  /** Longest wait of a ticket, in ms, before one more worker than there are is recommended. Default 60 s. */
  readonly maxWaitMs?: number | undefined;
}

export interface ListQueuesOptions {
  /** Items of a page, 1 to 100. Default 50. */
  readonly limit?: number | undefined;
  /** Continues behind the last item of the page that returned it. */
  readonly cursor?: string | undefined;
}

export const MAX_QUEUE_PAGE = 100;
const DEFAULT_PAGE = 50;
const MOST_WORKERS = 100;
/** Concurrency of a worker unless it is told otherwise. */
const DEFAULT_CONCURRENCY = 100;
const DEFAULT_MAX_WAIT_MS = 60_000;
const NO_BACKLOG: QueueBacklog = { waiting: 0, active: 0, oldestWaitingAtMs: undefined };

/** Looks at queues and who serves them; each look costs a few commands, however much waits. */
export class QueueClient {
  constructor(
    private readonly store: QueueStore,
    private readonly taskQueue: BacklogReader,
  ) {}

  /** Queues that were used within a week, in order of their names. Errors: `InvalidArgumentError`, `UnavailableError`. */
  async list(options: ListQueuesOptions = {}): Promise<QueuePage> {
    const { limit = DEFAULT_PAGE, cursor } = options;
    assertWithin("limit", limit, { least: 1, most: MAX_QUEUE_PAGE });
    if (cursor !== undefined) assertQueueName(cursor);
    const names = await this.store.queueNames();
    const rest = cursor === undefined ? names : names.filter((name) => name > cursor);
    const page = rest.slice(0, limit);
    const items = await Promise.all(
      page.map(async (name) => {
        const { targetPerWorker: _target, workers: _workers, ...summary } = await this.look(name, {});
        return summary;
      }),
    );
    const last = page.at(-1);
    return { items, ...(rest.length > page.length && last !== undefined ? { cursor: last } : {}) };
  }

  /** One that nobody has used yet is empty. Errors: `InvalidArgumentError`, `UnavailableError`. */
  async describe(queue: string, options: DescribeQueueOptions = {}): Promise<QueueDescription> {
    assertQueueName(queue);
    const { targetPerWorker, maxWaitMs } = options;
    if (targetPerWorker !== undefined) {
      assertWithin("targetPerWorker", targetPerWorker, { least: 1, most: 1_000_000 });
    }
    if (maxWaitMs !== undefined) {
      assertWithin("maxWaitMs", maxWaitMs, { least: 0, most: Number.MAX_SAFE_INTEGER });
    }
    return this.look(queue, options);
  }

  private async look(queue: string, options: DescribeQueueOptions): Promise<QueueDescription> {
    const [served, { waiting, active, oldestWaitingAtMs }] = await Promise.all([
      this.store.liveWorkers(queue, { limit: MOST_WORKERS }),
      this.backlog(queue),
    ]);
    const { total: liveWorkers, workers, nowMs } = served;
    const { targetPerWorker = meanConcurrency(workers), maxWaitMs = DEFAULT_MAX_WAIT_MS } = options;
    const oldestWaitingAgeMs = Math.max(0, nowMs - (oldestWaitingAtMs ?? nowMs));
    const load = { waiting, active, oldestWaitingAgeMs, liveWorkers };
    return {
      name: queue,
      ...load,
      backlog: waiting + active,
      targetPerWorker,
      recommendedReplicas: recommendedReplicas({ ...load, targetPerWorker, maxWaitMs }),
      workers,
    };
  }

  /** Asked only of queues that are in use, because the queue library writes something for each that it is asked of. */
  private async backlog(queue: string): Promise<QueueBacklog> {
    if (!(await this.store.isQueueKnown(queue))) return NO_BACKLOG;
    try {
      return await this.taskQueue.backlog(queue);
    } catch (cause) {
      throw new UnavailableError(`queue "${queue}" cannot be asked now; try again`, {
        details: { queue },
        cause,
      });
    }
  }
}

function meanConcurrency(workers: readonly LiveWorker[]): number {
  if (workers.length === 0) return DEFAULT_CONCURRENCY;
  const sum = workers.reduce((total, { concurrency }) => total + concurrency, 0);
  return Math.max(1, Math.round(sum / workers.length));
}

function assertWithin(field: string, value: unknown, { least, most }: { least: number; most: number }): void {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new InvalidArgumentError(
    `${field} is ${String(value)}; it must be a whole number from ${least} to ${most}`,
    { details: { field } },
  );
}
