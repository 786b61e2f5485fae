import type { ActivityPolicy, Failure, ParentRun, WorkflowStatus } from "@heddle/protocol";
import type { ActivityTicket } from "./activity-store.js";
import type { Continuation } from "./continuation.js";
import type { Message, MessagePage, MessageReceipt, Outgoing } from "./messages.js";
import type { OffloadedPayload } from "./offloaded-payload.js";
import type { SearchChanges } from "./search-changes.js";
import type { ActivityReference } from "./open-activity-store.js";
import type { UpdateProgress } from "./update-requests.js";
import type { QueryReply, QueryRequest, RunHeader } from "./accepting-store.js";

/** Proof of a partition's ownership. The nonce is random and compared for equality inside every owner script. */
export interface Lease {
  readonly partition: number;
  readonly nonce: string;
  /** Rises with each change of owner; for people and logs, the nonce decides. */
  readonly epoch: number;
}

/**
 * What only the owner of a partition may do. Every write carries the lease; `lease-lost` means that nothing was
 * written and that the caller must drop all it holds of the partition.
 */
export interface OwnerStore {
  readonly partitions: number;
  /** In a test with virtual time: between two replies that tell the time, none passes. */
  readonly timeStandsStill?: boolean;
  /** Where a workflow lives; the same for ever, whoever asks. */
  partitionOf(workflowId: string): number;
  /** Counts live coordinators, this one included, after noting that it lives. */
  announceCoordinator(request: { coordinatorId: string; ttlMs: number }): Promise<number>;
  withdrawCoordinator(coordinatorId: string): Promise<void>;
  acquireLease(request: { partition: number; coordinatorId: string; ttlMs: number }): Promise<AcquireReply>;
  renewLease(lease: Lease, ttlMs: number): Promise<PartitionNews | LeaseLost>;
  releaseLease(lease: Lease): Promise<void>;

  /**
   * Entries behind `after` ("0" for all), at most `limit`. When there is none, the owner is noted as idle in the
   * same step, so that the next accepted event wakes it.
   */
  readInbox(lease: Lease, request: { after: string; limit: number }): Promise<InboxPage | LeaseLost>;
  loadRuns(lease: Lease, workflowIds: readonly string[]): Promise<readonly (LoadedRun | undefined)[]>;
  /** A value that the workflow has outside of its history. */
  readOffloaded(
    lease: Lease,
    request: { readonly workflowId: string; readonly valueId: string },
  ): Promise<Uint8Array | undefined>;
  /** Commits many runs at once; each run is committed or left alone on its own. */
  commitTurns(
    lease: Lease,
    turns: readonly TurnCommit[],
    page: { after: string; limit: number },
  ): Promise<CommitReply | LeaseLost>;
  /** Which of these entries the inbox still has: a commit whose reply was lost may have consumed them. */
  entriesPresent(lease: Lease, entryIds: readonly string[]): Promise<readonly string[]>;
  /** Removes entries that belong to no open run (closed, replaced, unknown) so that they are not read again. */
  discardEntries(lease: Lease, entryIds: readonly string[]): Promise<Done | LeaseLost>;

  /** Due timers, earliest first. */
  dueTimers(lease: Lease, limit: number): Promise<DueTimers | LeaseLost>;
  /** Turns due user timers into events. One that is gone, not due or of another run is skipped. */
  fireTimers(lease: Lease, timers: readonly TimerRef[]): Promise<Done | LeaseLost>;
  readActivities(lease: Lease, timers: readonly TimerRef[]): Promise<readonly (StoredActivity | undefined)[]>;
  /**
   * Moves activities on by compare-and-set on their token; a mismatch changes nothing.
   * Returns the tickets that are now to be relayed.
   */
  advanceActivities(
    lease: Lease,
    steps: readonly ActivityStep[],
  ): Promise<readonly OutboxEntry[] | LeaseLost>;
  purge(lease: Lease, timers: readonly TimerRef[]): Promise<Done | LeaseLost>;
  /** Lets delayed runs begin whose time has come: their code gets what was held back. Safe to repeat. */
  beginDelayedRuns(lease: Lease, timers: readonly TimerRef[]): Promise<Done | LeaseLost>;
  /** Closes the runs whose deadline has passed as timed out, whatever they do. Safe to repeat. */
  timeOutRuns(lease: Lease, timers: readonly TimerRef[]): Promise<Done | LeaseLost>;

  /** Tickets that were committed but perhaps not yet in their queue, oldest first. */
  readOutbox(
    lease: Lease,
    request: { after: string; limit: number },
  ): Promise<readonly OutboxEntry[] | LeaseLost>;
  relayDone(lease: Lease, entryIds: readonly string[]): Promise<Done | LeaseLost>;

  /** Messages to other runs that were committed and perhaps not delivered, oldest first. */
  readMessages(lease: Lease, page: { after: string; limit: number }): Promise<MessagePage | LeaseLost>;
  /** Takes a delivered message out and tells its sender, in one step; does nothing when that has happened. */
  messageDone(lease: Lease, message: Message, receipt: MessageReceipt): Promise<Done | LeaseLost>;

  /** Runs that a new owner has to look at: their events wait in history for code, or they have inline steps to run. */
  heldRuns(lease: Lease): Promise<readonly string[] | LeaseLost>;
  /** One page of open runs for the reconciler. `cursor` "" starts and, in the reply, ends. */
  openRuns(
    lease: Lease,
    request: { cursor: string; limit: number },
  ): Promise<{ headers: readonly RunHeader[]; cursor: string }>;
  /** Removes activities and timers of a run that was closed from outside. */
  clearClosedRun(lease: Lease, request: ClearRequest): Promise<Done | LeaseLost>;

  /**
   * Messages to this coordinator: `wake` (a partition has news) and queries. Returns when subscribed.
   * After a reconnect `reconnected` is called, because messages may have been missed.
   */
  listen(coordinatorId: string, listener: CoordinatorListener): Promise<{ stop(): Promise<void> }>;
}

export interface LeaseLost {
  readonly outcome: "lease-lost";
}
export interface Done {
  readonly outcome: "done";
}
export type AcquireReply =
  | { readonly outcome: "acquired"; readonly lease: Lease }
  | { readonly outcome: "held"; readonly owner: string; readonly expiresInMs: number };

/** What the owner should look at next. Times by the Redis clock. */
export interface PartitionNews {
  readonly outcome: "ok";
  readonly nowMs: number;
  /** Due time of the earliest timer. */
  readonly nextDueMs: number | undefined;
  /** Id of the newest inbox entry, "0-0" when the inbox never had one. */
  readonly newestEntry: string;
}
export interface InboxPage extends PartitionNews {
  readonly entries: readonly InboxEntry[];
}

/** An accepted event on its way into history. */
export interface InboxEntry {
  readonly entryId: string;
  readonly kind: InboxKind;
  readonly workflowId: string;
  readonly runId: string;
  readonly atMs: number;
  /** Name of a signal; workflow type of a start; status of a child that closed. */
  readonly name: string;
  /** Signal id or idempotency key ("" for none), update id, or the seq of an activity, timer, message or child. */
  readonly reference: string;
  /**
   * Attempt of a settled activity; run id of a child that closed, or of the replaced run of a start. A delayed start
   * has `<startAtMs>:` before it.
   */
  readonly extra: string;
  readonly data: Uint8Array;
  /** Of the start of a child. */
  readonly parent?: ParentRun;
  /** Why its payload could not be decoded here; `data` is then as it is stored. */
  readonly unreadable?: string;
}
/**
 * `notice` is no event: it asks the owner to look at the run (resumed, terminated, repaired). `start-delayed` is a
 * start whose run may have to wait, so that its header is read before its code runs.
 */
export type InboxKind =
  | "started"
  | "start-delayed"
  | "signal"
  | "activity-completed"
  | "activity-failed"
  | "timer-fired"
  | "cancel-requested"
  | "update"
  | "message-answered"
  | "child-closed"
  | "notice";

export interface LoadedRun {
  readonly header: RunHeader;
  readonly cancelRequested: boolean;
  /** Its delayed start is not due: no code runs, what is accepted for it is held. */
  readonly waitsForStart?: boolean;
  /** Why a payload of its history could not be decoded here; `records` are then as they are stored. */
  readonly unreadable?: string;
  readonly records: readonly Uint8Array[];
  /** Set while its owner has not carried out a reset of it: what that cut off from its history. */
  readonly cutOff?: readonly Uint8Array[];
  /** Runs that were reset, the last of them to this one: what the inbox still has for them is for this one. */
  readonly inheritsFrom?: readonly string[];
}

export interface TurnCommit {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  /** Written when the run has none yet. */
  readonly version: string;
  readonly statusBefore: WorkflowStatus;
  readonly statusAfter: WorkflowStatus;
  readonly historyLengthBefore: number;
  /** Events of the inbox that this commit moves into history, as processed or as held. */
  readonly entryIds: readonly string[];
  /** How far `processed` moves: events that the code consumed in this commit. */
  readonly processedDelta: number;
  readonly records: readonly Uint8Array[];
  readonly activities: readonly NewActivity[];
  readonly timers: readonly NewTimer[];
  readonly endedActivities: readonly number[];
  readonly endedTimers: readonly number[];
  /** In order; none for most turns. */
  readonly references?: readonly ActivityReference[];
  /** Stored outside of the history; absent for most turns. */
  readonly offloaded?: readonly OffloadedPayload[];
  /** In order; absent for most turns. */
  readonly updates?: readonly UpdateProgress[];
  /** Whether inline steps of it are to be run, so that the next owner has to look at it. Absent: as before. */
  readonly awaitsSteps?: boolean;
  /** Seen by lists together with `statusAfter`. Absent for most turns. */
  readonly search?: SearchChanges;
  /** Sets the reason why no code moves the run; "" clears it, absent leaves it. */
  readonly heldReason?: string;
  /** Present when `statusAfter` is closed. */
  readonly retentionMs?: number;
  /** Absent for most turns. */
  readonly outgoing?: Outgoing;
  /** Present when the run goes on as a new one; then `statusAfter` is that of the new one, and `records` are dropped. */
  readonly continuation?: Continuation;
  /** The turn carries out a reset: what that cut off is not needed any more. */
  readonly finishesReset?: boolean;
}
export interface NewActivity {
  readonly seq: number;
  readonly name: string;
  readonly queue: string;
  readonly token: string;
  /** Index of its `activity-scheduled` record; the worker's input is read from there. */
  readonly historyIndex: number;
  readonly policy: ActivityPolicy;
  /** When the owner looks at it first, ms from now. */
  readonly checkAfterMs: number;
}
/** One of both: ms from the commit, or a fixed due time in epoch ms. */
export type NewTimer =
  { readonly seq: number; readonly durationMs: number } | { readonly seq: number; readonly dueMs: number };

export interface CommitReply extends InboxPage {
  readonly turns: readonly TurnReply[];
  /** Tickets of the committed turns, in order. */
  readonly outbox: readonly OutboxEntry[];
}
export type TurnReply =
  | { readonly outcome: "committed"; readonly historyLength: number }
  /** The run is not what the turn was computed from; drop and reload it. */
  | { readonly outcome: "changed" }
  /** The turn would close the run, but more was accepted meanwhile; take that in first. */
  | { readonly outcome: "more-accepted" };

export interface TimerRef {
  /**
   * `start` and `deadline` are of a run, the others of what its `seq` numbers. `schedule` is of a schedule: its id and
   * incarnation stand in the place of workflow and run.
   */
  readonly kind: "timer" | "activity" | "purge" | "start" | "deadline" | "schedule";
  readonly seq: number;
  readonly runId: string;
  readonly workflowId: string;
}
export interface DueTimers extends PartitionNews {
  readonly due: readonly TimerRef[];
}

export interface StoredActivity {
  readonly ticket: ActivityTicket;
  readonly state: "scheduled" | "started" | "backing-off";
  readonly name: string;
  readonly queue: string;
  readonly policy: ActivityPolicy;
  /** First scheduling; schedule-to-close counts from here. */
  readonly scheduledAtMs: number;
  /** Latest dispatch; schedule-to-start counts from here. */
  readonly dispatchedAtMs: number;
  readonly claimedAtMs: number | undefined;
  /** Last sign of life of its worker, and how long it may stay silent. */
  readonly aliveAtMs: number | undefined;
  readonly livenessMs: number | undefined;
  /** Last heartbeat of its own code. */
  readonly heartbeatAtMs: number | undefined;
  /** Due time of a retry that backs off. */
  readonly retryAtMs: number | undefined;
  /** How often its ticket was put again because nobody had claimed it. */
  readonly ticketChecks: number;
  readonly lastFailure: Uint8Array | undefined;
}

export type ActivityStep =
  /** Look again at `dueMs`. */
  | { readonly step: "look-again"; readonly ticket: ActivityTicket; readonly dueMs: number }
  /** Put the same ticket once more, in case it was lost; adding it twice is a no-op for the queue. */
  | {
      readonly step: "put-ticket-again";
      readonly ticket: ActivityTicket;
      readonly queue: string;
      readonly dueMs: number;
    }
  /** Dispatch the next attempt with a fresh token. */
  | {
      readonly step: "dispatch";
      readonly ticket: ActivityTicket;
      readonly queue: string;
      readonly token: string;
      readonly dueMs: number;
    }
  /** End the attempt as timed out; `retryDelayMs` absent means that the run is told. */
  | {
      readonly step: "time-out";
      readonly ticket: ActivityTicket;
      readonly failure: Failure;
      readonly retryDelayMs?: number;
      /** Its worker fell silent: void if the worker has handed the attempt over meanwhile. */
      readonly workerLost?: true;
    }
  /** It was handed over and nothing limits it: no more looks until it is settled. */
  | { readonly step: "stop-looking"; readonly ticket: ActivityTicket }
  /** Its run is gone: remove it. */
  | { readonly step: "drop"; readonly ticket: ActivityTicket };

export interface OutboxEntry {
  readonly entryId: string;
  readonly queue: string;
  readonly ticket: ActivityTicket;
}

export interface ClearRequest {
  readonly workflowId: string;
  readonly runId: string;
  readonly activities: readonly number[];
  readonly timers: readonly number[];
  readonly retentionMs: number;
}

export interface CoordinatorListener {
  wake(partition: number): void;
  /** A coordinator has left: its partitions are free. */
  coordinatorLeft(): void;
  /** The promise is the answer; a rejection means "not mine", and nothing is answered. */
  query(request: Omit<QueryRequest, "timeoutMs">): Promise<QueryReply>;
  /** An attempt that fell under a limit has ended, and tickets wait for it. */
  limitHasRoom?(key: string): void;
  reconnected(): void;
}
