/** What a recommendation is made from. */
export interface QueueLoad {
  /** Tickets that wait, and attempts that run. */
  readonly waiting: number;
  readonly active: number;
  readonly oldestWaitingAgeMs: number;
  readonly liveWorkers: number;
  /** How many of both one worker is to have. */
  readonly targetPerWorker: number;
  /** How long a ticket may wait before more workers are asked for than the numbers say. */
  readonly maxWaitMs: number;
}

/**
 * How many workers a queue needs: enough that none has more than its target, and one more than there are while the oldest
 * ticket waits too long, since the workers there are do not keep up then. None when there is nothing to do.
 */
export function recommendedReplicas(load: QueueLoad): number {
  const byLoad = Math.ceil((load.waiting + load.active) / load.targetPerWorker);
  const isLate = load.waiting > 0 && load.oldestWaitingAgeMs > load.maxWaitMs;
  return isLate ? Math.max(byLoad, load.liveWorkers + 1) : byLoad;
}
