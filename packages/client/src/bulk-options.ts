import type { WorkflowSummary } from "@heddle/protocol";
import type { CallOptions } from "./call-options.js";
import type { HistoryEntry } from "./history-entry.js";
import type { ResetOptions } from "./repair-options.js";

export interface BulkOptions extends CallOptions {
  /** Only tells what would be touched. */
  readonly dryRun?: boolean | undefined;
  /** How many runs the gateway works on at once. 1 to 100, default 10. */
  readonly concurrency?: number | undefined;
  /** At most so many runs, the newest of them. Default: all that match. */
  readonly limit?: number | undefined;
  /**
   * Names the operation. To carry on with one that was interrupted, pass its id again: what it has done already is not
   * done twice. Default: a fresh one.
   */
  readonly operationId?: string | undefined;
  /** Called for each run as soon as its outcome is known. */
  readonly onOutcome?: ((outcome: BulkOutcome) => void) | undefined;
}

export type BulkReasonOptions = BulkOptions & { readonly reason?: string | undefined };

export type BulkRetryOptions = BulkReasonOptions & { readonly version?: string | undefined };

/** Which event of a run's history; `undefined` leaves the run alone. */
export type EventOf = (history: readonly HistoryEntry[]) => number | undefined;

export interface BulkResetOptions extends BulkOptions, Pick<ResetOptions, "reason" | "reapply" | "version"> {
  readonly event: number | EventOf;
}
export interface BulkForkOptions extends BulkResetOptions {
  /** Id of the fork of a run. Default: derived from the operation id and that of the run. */
  readonly idOf?: ((run: WorkflowSummary) => string) | undefined;
}

/** What became of one run: `skipped` is one that the operation does not apply to (any more). */
export interface BulkOutcome {
  readonly id: string;
  readonly runId: string;
  readonly outcome: "done" | "skipped" | "failed";
  /** Why it was skipped or failed. */
  readonly error?: unknown;
}

export interface BulkSummary {
  readonly operationId: string;
  readonly dryRun: boolean;
  /** Runs that the filter found; in a dry run, that would be touched. */
  readonly matched: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** The newest of them, at most 20. */
  readonly sample: readonly WorkflowSummary[];
  /** Those that failed, at most 100. */
  readonly failures: readonly BulkOutcome[];
}

/** One run, as the gateway takes it. */
export interface BulkTarget {
  readonly id: string;
  readonly runId: string;
  readonly event?: number | undefined;
  readonly newId?: string | undefined;
}
