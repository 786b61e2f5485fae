import type {
  AttributeChanges,
  Attributes,
  ClosedStatus,
  OpenStatus,
  ParentRun,
  Payload,
  WorkflowStatus,
} from "@heddle/protocol";
import type { InboxFull } from "./inbox-full.js";
import type { GroupBy, RunFilter, RunGroup } from "./run-filter.js";
import type { DeadLetterStore } from "./dead-letter-store.js";
import type { Delivery } from "./delivery.js";
import type { LiveStore } from "./live-store.js";
import type { OpenActivityStore } from "./open-activity-store.js";
import type { RepairStore, StoredRun } from "./repair-store.js";
import type { ScheduleStore } from "./schedule-store.js";
import type { PendingUpdate, UpdateRef, UpdateReply, UpdateRequest, UpdateWait } from "./update-requests.js";
import type { RunTimes } from "./run-times.js";
import type { SearchChanges } from "./search-changes.js";

/**
 * What anyone may ask of a workflow: atomic, lease-free, safe to repeat with the same ids.
 * Refusals a caller expects are values; when one is returned, nothing was written.
 * Every method rejects with `UnavailableError` (nothing sent), `StorageFullError` (refused) or
 * `OutcomeUnknownError` (sent, no answer; repeat with the same ids).
 */
export interface AcceptingStore
  extends LiveStore, OpenActivityStore, RepairStore, ScheduleStore, DeadLetterStore {
  start(request: StartRequest): Promise<StartReply>;
  /**
   * Starts a run and resolves when it is closed, in one call: who waits is registered by the script that starts.
   * Anything else than a start is answered at once, as by `start`. Rejects when `signal` aborts; the run goes on.
   */
  startAndAwait(request: StartRequest, options?: { signal?: AbortSignal }): Promise<StartAndAwaitReply>;
  signal(request: SignalRequest): Promise<SignalReply>;
  startOrSignal(request: StartOrSignalRequest): Promise<StartOrSignalReply>;
  requestCancel(request: CancelRequest): Promise<ControlReply>;
  terminate(request: TerminateRequest): Promise<ControlReply>;
  suspend(request: { workflowId: string }): Promise<ControlReply>;
  resume(request: { workflowId: string }): Promise<ControlReply>;
  /** Changes search attributes of an open run; a repeated call with its operation id changes nothing. */
  setAttributes(request: SetAttributesRequest): Promise<SetAttributesReply>;
  describe(workflowId: string): Promise<StoredDescription | undefined>;
  /** Raw records of the current run, oldest first. */
  history(workflowId: string): Promise<readonly Uint8Array[] | undefined>;
  /** Header and history of the current run, of one moment. */
  readRun(workflowId: string): Promise<(StoredRun & { readonly header: RunHeader }) | undefined>;
  list(query: ListQuery): Promise<ListPage>;
  count(filter: RunFilter): Promise<number>;
  /** Counts by what runs have in common, in no order. A run is in no group of an attribute that it does not have. */
  aggregate(filter: RunFilter, groupBy: GroupBy): Promise<readonly RunGroup[]>;
  /**
   * Resolves when the run is closed, told by the closing commit; survives a reconnect.
   * `not-found` when no such run exists now (or it was purged while waiting). Rejects when `signal` aborts.
   */
  awaitClosed(request: AwaitClosedRequest): Promise<ClosedRun | { readonly outcome: "not-found" }>;
  /** Asks the owner of the run's partition; rejects with `QueryUnavailableError` when none answers in time. */
  query(request: QueryRequest): Promise<QueryReply>;
  /**
   * Asks the code of an open run to take an update, once per update id and run; one that was asked for before is found.
   * Resolves when it is as far as asked for. Rejects when `signal` aborts; the update goes on.
   */
  update(request: UpdateRequest, wait: UpdateWait): Promise<UpdateReply>;
  /**
   * The same, and starts the run in the same step when no open one has the id. Nothing is started when the reply is a
   * refusal; one that the code rejects leaves the started run running.
   */
  startWithUpdate(request: StartWithUpdateRequest, wait: UpdateWait): Promise<StartWithUpdateReply>;
  /** Waits for an update that was asked for. */
  awaitUpdate(request: UpdateRef, wait: UpdateWait): Promise<UpdateReply>;
  /** Workflow id that belongs to an idempotency key: a 128-bit hash, so equal keys meet in one partition. */
  workflowIdOfKey(idempotencyKey: string): string;
  /** Whether Redis answers now. */
  ping(): Promise<void>;
}

export interface NewRun {
  readonly workflowId: string;
  /** Fresh random id; also the operation id that makes the call safe to repeat. */
  readonly runId: string;
  readonly type: string;
  readonly input: Payload;
  /** Set when the workflow id was derived from this key. */
  readonly idempotencyKey?: string;
  /** When it starts and how long it may take; absent: at once, and without limit. */
  readonly times?: RunTimes;
  /** Set when a run asks for it. */
  readonly delivery?: Delivery;
  /** How it is found; absent: by id, type and status alone. */
  readonly search?: SearchChanges;
}

export interface StartRequest extends NewRun {
  readonly onOpen: "fail" | "use-existing" | "terminate-existing";
  readonly onClosed: "allow" | "allow-failed-only" | "reject";
  /** The closed run that it takes the place of. Another closed one is answered as `closed`, none at all as `purged`. */
  readonly replaces?: string;
  /** The run that starts this one as its child. */
  readonly parent?: ParentRun;
  /**
   * Of a schedule, which may repeat a start whose run is closed and purged by then: one whose number is not above the
   * highest that the schedule started in this partition changes nothing and is answered as `started`.
   */
  readonly scheduled?: { readonly incarnation: string; readonly number: number };
}
export type StartReply =
  | { readonly outcome: "started"; readonly runId: string }
  /** An open run has the id and was left alone. */
  | { readonly outcome: "open"; readonly runId: string; readonly status: OpenStatus; readonly type: string }
  | {
      readonly outcome: "closed";
      readonly runId: string;
      readonly status: ClosedStatus;
      readonly type: string;
    }
  | { readonly outcome: "purged" }
  | InboxFull;

export type StartAndAwaitReply =
  | { readonly outcome: "ended"; readonly run: ClosedRun | { readonly outcome: "not-found" } }
  | Exclude<StartReply, { readonly outcome: "started" }>;

/** `onOpen` and `onClosed` hold for a run that does not know the update id. */
export interface StartWithUpdateRequest extends Omit<StartRequest, "onOpen"> {
  readonly onOpen: Exclude<StartRequest["onOpen"], "terminate-existing">;
  readonly update: Omit<UpdateRequest, "workflowId">;
}
export type StartWithUpdateReply =
  | { readonly outcome: "started" | "existing"; readonly update: UpdateReply }
  | Exclude<StartReply, { readonly outcome: "started" }>;

export interface SignalRequest {
  readonly workflowId: string;
  readonly name: string;
  readonly payload: Payload;
  /** The caller's own id; deduplicates per name for the run's life and retention. */
  readonly signalId?: string;
  /** Fresh random id; makes a keyless signal safe to re-send. */
  readonly operationId: string;
  /** Set when a run sends it; then the operation id is not used. */
  readonly delivery?: Delivery;
  /** Only for this run, or one that it continued as; another one under the id counts as not found. */
  readonly runId?: string;
}
export type SignalReply =
  | { readonly outcome: "accepted" | "duplicate"; readonly runId: string }
  | { readonly outcome: "not-found" }
  | { readonly outcome: "closed"; readonly runId: string; readonly status: ClosedStatus }
  | InboxFull;

export interface StartOrSignalRequest extends NewRun {
  readonly signal: Omit<SignalRequest, "workflowId">;
  readonly onTerminalConflict: "reject" | "start-new";
}
export type StartOrSignalReply =
  | { readonly outcome: "started" | "signalled" | "duplicate"; readonly runId: string }
  | { readonly outcome: "conflict"; readonly runId: string; readonly status: ClosedStatus }
  | { readonly outcome: "purged" }
  | InboxFull;

/** `runId` as in `SignalRequest`. */
export interface CancelRequest {
  readonly workflowId: string;
  readonly reason?: string;
  readonly runId?: string;
  readonly delivery?: Delivery;
}
export interface TerminateRequest {
  readonly workflowId: string;
  readonly operationId: string;
  readonly reason?: string;
  readonly runId?: string;
}

/** Reply of cancel, terminate, suspend and resume. `unchanged`: it already was so. */
export type ControlReply =
  | { readonly outcome: "applied" | "unchanged"; readonly runId: string; readonly status: WorkflowStatus }
  | { readonly outcome: "not-found" }
  | { readonly outcome: "closed"; readonly runId: string; readonly status: ClosedStatus };

export interface SetAttributesRequest {
  readonly workflowId: string;
  /** Fresh random id; makes the call safe to re-send. */
  readonly operationId: string;
  readonly attributes: AttributeChanges;
}
export type SetAttributesReply =
  | Exclude<ControlReply, { readonly outcome: "unchanged" }>
  /** It would have that many; nothing was changed. */
  | { readonly outcome: "too-many"; readonly count: number };

/** The header of a run. Times are epoch ms of the Redis clock. */
export interface RunHeader {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly version: string | undefined;
  readonly status: WorkflowStatus;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly historyLength: number;
  /** Events appended to the inbox for this run. */
  readonly accepted: number;
  /** Of these, how many the code has consumed. */
  readonly processed: number;
  /** Why no code moves the run although it is open: blocked by a nondeterminism, or nobody has its type or version. */
  readonly heldReason: string | undefined;
  /** When a delayed run starts, or started. */
  readonly startAtMs?: number | undefined;
  /** When the run is closed as timed out, whichever comes first. */
  readonly executionDeadlineMs?: number | undefined;
  readonly runDeadlineMs?: number | undefined;
  /** The run that started it as a child. */
  readonly parent?: ParentRun | undefined;
  /** Search attributes; absent for a run that never had any. */
  readonly attributes?: Attributes | undefined;
}

export interface PendingActivity {
  readonly seq: number;
  readonly name: string;
  readonly queue: string;
  readonly state: "scheduled" | "started" | "backing-off";
  readonly attempt: number;
  readonly lastFailureMessage?: string | undefined;
}

export interface RunDescription extends RunHeader {
  readonly pendingActivities: readonly PendingActivity[];
  /** Oldest first, at most 100. In a very full inbox the youngest may be missing. */
  readonly pendingUpdates: readonly PendingUpdate[];
  /** Its history has grown so long that replaying it takes noticeable time; `ctx.continueAsNew` begins a fresh one. */
  readonly continueAsNewSuggested: boolean;
  /** What the run was given at its start, or by its code; not searched. */
  readonly memo?: unknown;
}
export type StoredDescription = Omit<RunDescription, "memo"> & { readonly memo?: Payload | undefined };

/** Newest first, ties by id. `after` continues behind that item; `offset` skips from the start. */
export interface ListQuery extends RunFilter {
  readonly limit: number;
  readonly offset: number;
  readonly after?: { readonly createdAtMs: number; readonly workflowId: string };
}
export interface ListPage {
  readonly runs: readonly RunHeader[];
  readonly total: number;
  readonly hasMore: boolean;
}

export interface AwaitClosedRequest {
  readonly workflowId: string;
  /** Wait for this run only; without it, for the run that is current now. */
  readonly runId?: string;
  readonly signal?: AbortSignal;
}
export interface ClosedRun {
  readonly outcome: "closed";
  readonly runId: string;
  readonly status: ClosedStatus;
  /** The closing history record. */
  readonly record: Uint8Array;
}

export interface QueryRequest {
  readonly workflowId: string;
  readonly name: string;
  readonly input: Payload;
  readonly timeoutMs: number;
}
export type QueryReply =
  | { readonly outcome: "answered"; readonly result: Payload }
  | { readonly outcome: "no-such-query"; readonly known: readonly string[] }
  | { readonly outcome: "suspended" }
  | { readonly outcome: "closed" }
  | { readonly outcome: "not-found" }
  | { readonly outcome: "held"; readonly reason: string }
  | { readonly outcome: "failed"; readonly name: string; readonly message: string };
