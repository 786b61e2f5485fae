import type { Duration } from "@heddle/protocol";

export interface RunTimeoutOptions {
  /**
   * How long the workflow may take in all, from its start; then it is closed as `timed-out` at once, without its
   * code. Spans all the runs that it continues as.
   */
  readonly executionTimeout?: Duration | undefined;
  /** The same for one run. The earlier of the two counts. */
  readonly runTimeout?: Duration | undefined;
}

export interface DelayOptions {
  /** Starts the code that long after the run was accepted, never earlier by the Redis clock. Excludes `startAt`. */
  readonly startAfter?: Duration | undefined;
  /** Starts the code then: a Date or epoch milliseconds. A time that has passed means at once. */
  readonly startAt?: Date | number | undefined;
}
