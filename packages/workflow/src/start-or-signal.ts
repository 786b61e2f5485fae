import type { RunTimeoutOptions } from "./run-times.js";

/** Timeouts apply when the call starts the run. There is no delay: the signal is the occasion to start. */
export interface StartOrSignalCallOptions extends RunTimeoutOptions {
  readonly id?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** What to do when the target is closed. Default `reject`. `start-new` needs `id` and `signalId`. */
  readonly onTerminalConflict?: "reject" | "start-new" | undefined;
}

/** What `ctx.startOrSignal` did, and to which run. */
export interface StartedOrSignalled {
  readonly workflowId: string;
  readonly runId: string;
  readonly outcome: "started" | "signalled" | "duplicate";
}
