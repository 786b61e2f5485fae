import type { CallOptions } from "./call-options.js";

export interface RetryRunOptions extends CallOptions {
  /** The run that is meant. When another is the current one the call is refused. Default: whichever is. */
  readonly runId?: string | undefined;
  /** For people; in the mark that the history keeps. */
  readonly reason?: string | undefined;
  /** Version of the code that goes on. Default: that of the run. */
  readonly version?: string | undefined;
}

export interface ResetOptions extends RetryRunOptions {
  /** Index in `history()` of the event behind which the run goes on. */
  readonly event: number;
  /** Whether signals that the code has seen after the event are accepted again. Default `signals`. */
  readonly reapply?: "signals" | "none" | undefined;
}

export interface ForkOptions extends ResetOptions {
  /** Of the new workflow. Default: a fresh one. */
  readonly id?: string | undefined;
  /** As of a reset, but `none` by default: signals were sent to the original. */
  readonly reapply?: "signals" | "none" | undefined;
}

export interface ImportOptions extends CallOptions {
  /** Default: that of the run. */
  readonly id?: string | undefined;
}
