import type { Duration, WorkflowStatus } from "@heddle/protocol";
import type { AttributeFilter, SearchOptions } from "./search-options.js";

export interface CallOptions {
  /** Ends the call, with its repetitions; what was sent may still be applied. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunTimeoutOptions {
  /** How long the workflow may take in all; then it is closed as `timed-out`. */
  readonly executionTimeout?: Duration | undefined;
  /** The same for one run. The earlier of the two counts. */
  readonly runTimeout?: Duration | undefined;
}

export interface StartOptions extends CallOptions, RunTimeoutOptions, SearchOptions {
  /** The caller's workflow id, 1–255 UTF-8 bytes. Without it a fresh one is made. */
  readonly id?: string | undefined;
  /** Permanent: the same key always means the same workflow, also after it closed. Excludes `id`. */
  readonly idempotencyKey?: string | undefined;
  /** When an open run has the id. Default `fail`. */
  readonly idConflict?: "fail" | "use-existing" | "terminate-existing" | undefined;
  /** When a closed run has the id. Default `allow`. */
  readonly idReuse?: "allow" | "allow-failed-only" | "reject" | undefined;
  /** Starts the code that long after the run was accepted. Excludes `startAt`. */
  readonly startAfter?: Duration | undefined;
  /** Starts the code then: a Date or epoch milliseconds. A time that has passed means at once. */
  readonly startAt?: Date | number | undefined;
}

export interface StartOrSignalOptions extends CallOptions, RunTimeoutOptions, SearchOptions {
  readonly id?: string | undefined;
  /** Names the workflow and the delivery. Excludes `id` and `signalId`. */
  readonly idempotencyKey?: string | undefined;
  /** When the workflow is closed. Default `reject`; `start-new` needs `id` and `signalId`. */
  readonly onTerminalConflict?: "reject" | "start-new" | undefined;
}

export interface SignalOptions extends CallOptions {
  /** Deduplicates per workflow and signal name. Without it each call is a signal of its own, sent once whatever is repeated. */
  readonly signalId?: string | undefined;
}

export interface QueryOptions extends CallOptions {
  /** Throw the reason instead of answering `undefined` (suspended, closed, no such query). */
  readonly strict?: boolean | undefined;
  /** How long to wait for an owner, at most 60 s. Default 5 s. */
  readonly timeoutMs?: number | undefined;
}

export interface UpdateOptions extends CallOptions {
  /** Deduplicates and re-attaches: pass the same one when the request is repeated by another call. */
  readonly updateId?: string | undefined;
}

export interface StopOptions extends CallOptions {
  /** Kept in the history; at most 1,000 characters. */
  readonly reason?: string | undefined;
}

export interface RunFilterOptions {
  readonly status?: WorkflowStatus | readonly WorkflowStatus[] | undefined;
  readonly type?: string | undefined;
  /** When the current run was accepted: from inclusive, to exclusive. */
  readonly createdAt?: { readonly from?: Date | number; readonly to?: Date | number } | undefined;
  /** What the workflow id begins with. */
  readonly idPrefix?: string | undefined;
  /** Version of the code that first ran it. */
  readonly version?: string | undefined;
  readonly attributes?: Readonly<Record<string, AttributeFilter>> | undefined;
  /** Runs that have all of these tags. */
  readonly tags?: readonly string[] | undefined;
}

/** What is told of a change alone. */
export type WatchFilter = Pick<RunFilterOptions, "status" | "type" | "idPrefix" | "createdAt">;

export interface ListOptions extends CallOptions, RunFilterOptions {
  /** Items of a page, 1 to 500. Default 50. */
  readonly limit?: number | undefined;
  /** Items to skip; at most 10,000, beyond that use `cursor`. Excludes `cursor`. */
  readonly offset?: number | undefined;
  /** Continues behind the last item of the page that returned it. */
  readonly cursor?: string | undefined;
}
