import type { Reapply, WorkflowStatus } from "@heddle/protocol";
import type { InboxFull } from "./inbox-full.js";

/** What repairs runs: atomic, lease-free, safe to repeat with the same run ids. Errors as of `AcceptingStore`. */
export interface RepairStore {
  /** Header and history of one moment. */
  readRun(workflowId: string): Promise<StoredRun | undefined>;
  /**
   * The current run of the workflow when a reset or an import that was given this run id was accepted before, whatever
   * became of it since; known as long as the ids of the workflow's signals.
   */
  findMadeRun(run: { readonly workflowId: string; readonly runId: string }): Promise<string | undefined>;
  /** Lets a run go on as a new one from a cut of its history, under the same workflow id. */
  resetRun(request: ResetRunRequest): Promise<ResetRunReply>;
  /** Makes a run of a history: one that goes on from its end, or a closed one. */
  importRun(request: ImportRunRequest): Promise<ImportRunReply>;
  /** Removes everything of a closed run, as at the end of its retention. */
  removeRun(seen: Omit<SeenRun, "version">): Promise<RemoveRunReply>;
}

export interface RemoveRunReply {
  /** `changed`: the run is another, or has another status, or is open; nothing was written. */
  readonly outcome: "removed" | "not-found" | "changed";
}

/** What a repair needs of the header of a run. */
export interface SeenRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly version: string | undefined;
  readonly status: WorkflowStatus;
}

export interface StoredRun {
  readonly header: SeenRun;
  readonly records: readonly Uint8Array[];
  /** What an unfinished reset cut off. */
  readonly cutOff?: readonly Uint8Array[];
}

/** What a kept part of a history says about work outside of the code. */
export interface KeptWork {
  /** Timers that are pending at its end. `dueMs`, in epoch ms, counts where the store does not know a due time. */
  readonly timers: readonly { readonly seq: number; readonly dueMs: number }[];
  /** Updates that were accepted in it; `completedAt` is the index of the record that completed it there. */
  readonly updates: readonly { readonly updateId: string; readonly completedAt: number | undefined }[];
}

export interface ResetRunRequest {
  readonly workflowId: string;
  /** Fresh; also the operation id that makes the call safe to repeat. */
  readonly newRunId: string;
  readonly reason: string | undefined;
  readonly reapply: Reapply;
  /** Version of the code that goes on; absent: that of the run. */
  readonly version?: string | undefined;
  /** The run as the caller read it, and where to cut it: the number of records that stay. */
  readonly seen: SeenRun;
  readonly keep: number;
  readonly kept: KeptWork & { readonly isCancelRequested: boolean };
  /** Of a closed run, how many accepted events its code never saw. */
  readonly unprocessed: number;
}
export type ResetRunReply =
  /** `runId` of the current run: another than the new one when a repetition finds that it has gone on. */
  | { readonly outcome: "reset"; readonly runId: string }
  | { readonly outcome: "not-found" }
  /** The run is another, or has another status than the caller read; nothing was written. */
  | { readonly outcome: "changed" };

export interface ImportRunRequest {
  readonly workflowId: string;
  /** Fresh; also the operation id that makes the call safe to repeat. */
  readonly runId: string;
  readonly type: string;
  readonly version: string | undefined;
  /** Epoch ms; absent: now. */
  readonly createdAtMs?: number;
  readonly records: readonly Uint8Array[];
  /** Ids of signals that are known from the beginning. */
  readonly signals: readonly { readonly name: string; readonly signalId: string }[];
  readonly as:
    | { readonly status: Exclude<WorkflowStatus, "pending" | "running" | "suspended"> }
    | {
        readonly status: "pending";
        readonly from: { readonly workflowId: string; readonly runId: string };
        readonly reason: string | undefined;
        readonly reapply: Reapply;
        readonly cutOff: readonly Uint8Array[];
        readonly kept: KeptWork;
        /** Held events that no code has seen. */
        readonly unprocessed: number;
      };
}
export type ImportRunReply =
  | { readonly outcome: "imported"; readonly runId: string }
  | {
      readonly outcome: "exists";
      readonly runId: string;
      readonly status: WorkflowStatus;
      readonly type: string;
    }
  | { readonly outcome: "purged" }
  | InboxFull;
