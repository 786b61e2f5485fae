import { assertSignalId, InvalidArgumentError, type WorkflowSummary } from "@heddle/protocol";
import type { HistoryEntry } from "./history-view.js";
import { assertKnownOptions } from "./naming.js";

export interface BulkOptions {
  /** Only tells what would be touched. */
  readonly dryRun?: boolean | undefined;
  /** How many runs are worked on at once. 1 to 100, default 10. */
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
  /** Ends the operation when it aborts, before the next run. */
  readonly signal?: AbortSignal | undefined;
}

/** Which event of a run's history; `undefined` leaves the run alone. */
export type EventOf = (history: readonly HistoryEntry[]) => number | undefined;

export interface BulkResetOptions extends BulkOptions {
  readonly event: number | EventOf;
  readonly reason?: string | undefined;
  readonly reapply?: "signals" | "none" | undefined;
  readonly version?: string | undefined;
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

const KNOWN = ["dryRun", "concurrency", "limit", "operationId", "onOutcome", "signal"];

/** Throws `InvalidArgumentError` naming the option. */
export function assertBulkOptions(options: BulkOptions, call: string, more: readonly string[] = []): void {
  assertKnownOptions(options, [...KNOWN, ...more], `bulk.${call}`);
  if (options.operationId !== undefined) assertSignalId(options.operationId);
  assertCount("concurrency", options.concurrency, 100);
  assertCount("limit", options.limit, Number.MAX_SAFE_INTEGER);
}

function assertCount(field: string, value: number | undefined, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
  throw new InvalidArgumentError(`${field} is ${value}; it must be a whole number from 1 to ${most}`, {
    details: { field },
  });
}
