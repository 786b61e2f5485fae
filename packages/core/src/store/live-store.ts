import type { WorkflowStatus } from "@heddle/protocol";

/** What whoever looks on is told while it happens. */
export interface LiveStore {
  /** Records of a run behind a place, with its status of the same moment. At most so many that memory stays bounded. */
  readHistory(request: HistoryRequest): Promise<HistoryReply>;
  /**
   * The same, as soon as there are records, the run is closed or another has its place; outages are waited out.
   * Rejects when `signal` aborts.
   */
  awaitHistory(
    request: HistoryRequest,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<HistoryReply>;
  /** Reads changes of statuses from a place of an earlier reader, or from now on. Close what was opened. */
  openChanges(after?: readonly string[]): Promise<ChangeReader>;
}

export interface HistoryRequest {
  readonly workflowId: string;
  /** Absent: the current one. */
  readonly runId?: string | undefined;
  /** First run of its chain, where it is known: one that continued several times meanwhile is found by it. */
  readonly firstRunId?: string | undefined;
  /** Index of the first record to read. */
  readonly from: number;
}
export type HistoryReply =
  | {
      readonly outcome: "records";
      readonly runId: string;
      readonly firstRunId: string;
      readonly status: WorkflowStatus;
      readonly records: readonly Uint8Array[];
      readonly hasMore: boolean;
    }
  /** The workflow goes on as this run; what was not read of the one before is gone. */
  | { readonly outcome: "continued"; readonly runId: string; readonly firstRunId: string }
  /** Another workflow has the id now. */
  | { readonly outcome: "replaced" }
  | { readonly outcome: "not-found" };

/** A run has another status. Changes of one workflow come in their order, those of several about in theirs. */
export interface StoredChange {
  readonly partition: number;
  /** Id of the change in its partition. */
  readonly entryId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly status: WorkflowStatus;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** `place`: behind all of this, by partition. */
export type ChangesReply =
  | {
      readonly outcome: "changes";
      readonly changes: readonly StoredChange[];
      readonly place: readonly string[];
    }
  /** What came behind the place before is not kept any more; the reader goes on from now. */
  | { readonly outcome: "lost"; readonly place: readonly string[] };

export interface ChangeReader {
  /** Where it begins. */
  readonly start: readonly string[];
  /** Resolves as soon as there is something. One call at a time. Rejects when `signal` aborts. */
  next(signal?: AbortSignal): Promise<ChangesReply>;
  close(): void;
}
