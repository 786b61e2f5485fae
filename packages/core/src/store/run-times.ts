/**
 * When a new run starts and how long it may take, in whole ms. Both timeouts count from its start by the Redis clock,
 * the delayed one if it is delayed; the earlier deadline closes the run. The execution timeout also spans the runs
 * that a workflow continues as, the run timeout is of one run.
 */
export interface RunTimes {
  readonly executionTimeoutMs?: number;
  readonly runTimeoutMs?: number;
  /** From its acceptance. Excludes `startAtMs`. */
  readonly startAfterMs?: number;
  /** Epoch ms; a time that has passed means at once. */
  readonly startAtMs?: number;
}
