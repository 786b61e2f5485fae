// What callers do
export { WorkflowClient } from "./client/workflow-client.js";
export type { SignalAcknowledgement, SignalledRun, StartedRun } from "./client/workflow-client.js";
export type { StartOptions } from "./client/start-options.js";
export { OPERATION_ID } from "./client/repeatable-call.js";
export type { RepeatableCall } from "./client/repeatable-call.js";
export type { ActivityClient, ActivityTarget } from "./client/activity-client.js";
export { MAX_QUEUE_PAGE, QueueClient } from "./client/queue-client.js";
export type { DescribeQueueOptions, ListQueuesOptions } from "./client/queue-client.js";
export type { StartOrSignalOptions } from "./client/start-or-signal-options.js";
export { MAX_PAGE } from "./client/list.js";
export type { ListOptions } from "./client/list.js";
export type { RunFilterOptions } from "./client/run-filter.js";
export type { AttributeFilter } from "./client/attribute-filter.js";
export type { AggregateOptions } from "./client/aggregate.js";
export type { QueryOptions } from "./client/query-answer.js";
export type { AcceptedUpdate, UpdateOptions } from "./client/update-result.js";
export { BulkClient } from "./client/bulk-client.js";
export type { BulkOperation, BulkTarget } from "./client/bulk-operation.js";
export type {
  BulkForkOptions,
  BulkOptions,
  BulkOutcome,
  BulkResetOptions,
  BulkSummary,
  EventOf,
} from "./client/bulk-options.js";
export type { RepairedRun } from "./client/repair-client.js";
export type { ForkOptions, ImportOptions, ResetOptions, RetryRunOptions } from "./client/repair-options.js";
export type { NamedUpdate, StartedWith } from "./client/update-client.js";
export type { UpdateWithStartOptions } from "./client/update-with-start-options.js";
export type { HistoryEntry } from "./client/history-view.js";
export { LiveClient } from "./client/live-client.js";
export type {
  FollowedHistory,
  FollowOptions,
  HistoryPlace,
  WatchFilter,
  WatchOptions,
  WatchUpdate,
} from "./client/live-client.js";

export { ScheduleClient } from "./client/schedule-client.js";
export type {
  ScheduledRunSummary,
  ScheduleDescription,
  SchedulePage,
  ScheduleSummary,
} from "./client/schedule-view.js";
export type {
  BackfillOptions,
  ScheduleChanges,
  ScheduledStartOptions,
  ScheduledWorkflow,
  ScheduleOptions,
} from "./client/schedule-options.js";

// What a store promises to anyone
export type {
  AcceptingStore,
  AwaitClosedRequest,
  CancelRequest,
  ClosedRun,
  ControlReply,
  ListPage,
  ListQuery,
  NewRun,
  PendingActivity,
  QueryReply,
  QueryRequest,
  RunDescription,
  RunHeader,
  SetAttributesReply,
  SetAttributesRequest,
  SignalReply,
  SignalRequest,
  StartOrSignalReply,
  StartOrSignalRequest,
  StartAndAwaitReply,
  StartReply,
  StartRequest,
  StoredDescription,
  StartWithUpdateReply,
  StartWithUpdateRequest,
  TerminateRequest,
} from "./store/accepting-store.js";
export type {
  AttributeCondition,
  AttributeScalar,
  GroupBy,
  RangeEnd,
  RunFilter,
  RunGroup,
} from "./store/run-filter.js";
export type { SearchChanges } from "./store/search-changes.js";
export { joinedChanges } from "./store/search-changes.js";
export type {
  ActivityReference,
  HeartbeatOpenActivityReply,
  OpenActivity,
  OpenActivityRefusal,
  OpenActivityState,
  SettleOpenActivityReply,
  SettleOpenActivityRequest,
} from "./store/open-activity-store.js";
export type { InboxFull } from "./store/inbox-full.js";
export type {
  ChangeReader,
  ChangesReply,
  HistoryReply,
  HistoryRequest,
  LiveStore,
  StoredChange,
} from "./store/live-store.js";

// What a store promises to gateways
export type {
  AccessStore,
  ApiKey,
  AuditEntry,
  AuditPage,
  IdempotencyKeyClaim,
  IdempotencyKeyReply,
  NewApiKey,
  RotateApiKey,
  RotateReply,
  StoredApiKey,
  TokenReply,
  TokenRequest,
} from "./store/access-store.js";
export type {
  DocumentCondition,
  DocumentPage,
  DocumentReply,
  DocumentStore,
  DocumentWrite,
  StoredDocument,
} from "./store/document-store.js";
export type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterStore,
  StoredDeadLetter,
} from "./store/dead-letter-store.js";
export type { ForeignJob, ForeignJobConsumer, ForeignJobHandler, ForeignJobOutcome } from "./foreign-job.js";
export type {
  PendingUpdate,
  UpdateProgress,
  UpdateRef,
  UpdateReply,
  UpdateRequest,
  UpdateState,
  UpdateWait,
} from "./store/update-requests.js";

// What a store promises to who repairs runs
export type {
  ImportRunReply,
  RemoveRunReply,
  SeenRun,
  ImportRunRequest,
  KeptWork,
  RepairStore,
  ResetRunReply,
  ResetRunRequest,
  StoredRun,
} from "./store/repair-store.js";

// What a store promises to workers
export type {
  ActivityStore,
  ActivityTicket,
  ClaimedActivity,
  ClaimReply,
  ClaimRequest,
  HeartbeatRequest,
  Settlement,
  SettleRequest,
} from "./store/activity-store.js";

// What a store promises about queues
export type { LiveWorkers, QueueStore, WorkerAnnouncement } from "./store/queue-store.js";

// What a store promises to the owner of a partition: leases, turns, timers and activities, tickets
export type {
  AcquireReply,
  CoordinatorListener,
  Done,
  Lease,
  LeaseLost,
  OwnerStore,
  PartitionNews,
} from "./store/owner-store.js";
export type { OffloadedPayload } from "./store/offloaded-payload.js";
export type { CarriedEvent, Continuation } from "./store/continuation.js";
export type { Delivery, MessageKind } from "./store/delivery.js";
export type {
  ChildClosedRequest,
  Message,
  MessagePage,
  MessageReceipt,
  MessageTargets,
  Outgoing,
  OutgoingMessage,
  ParentClosePolicy,
  PendingChild,
} from "./store/messages.js";
export type {
  ClearRequest,
  CommitReply,
  InboxEntry,
  InboxKind,
  InboxPage,
  LoadedRun,
  NewActivity,
  NewTimer,
  TurnCommit,
  TurnReply,
} from "./store/owner-store.js";
export type { ActivityStep, DueTimers, OutboxEntry, StoredActivity, TimerRef } from "./store/owner-store.js";

// Messages from run to run
export { deliverMessage } from "./messages/deliver-message.js";

export { UNREADABLE_DELAY_MS } from "./payload-codec/working-with-codec.js";
export { documentsWithCodec } from "./payload-codec/documents-with-codec.js";
export { withPayloadCodec } from "./payload-codec/with-payload-codec.js";
export type {
  AcceptedScheduleRequest,
  NewSchedule,
  ScheduleRef,
  ScheduleRequestReply,
  ScheduleStore,
  StoredSchedule,
} from "./store/schedule-store.js";
export type { ScheduleAdvance, ScheduleOwnerStore } from "./store/schedule-owner-store.js";

// What else core is given
export { StopSignal } from "./stop-signal.js";
export type {
  BacklogReader,
  QueueBacklog,
  TaskConsumer,
  TaskQueue,
  TicketHandler,
  TicketSource,
} from "./task-queue.js";
export type { IdSource } from "./id-source.js";

// Activities
export { firstLookMs } from "./activity/first-look.js";
export { nextActivityStep } from "./activity/next-activity-step.js";
export { ownDelayMs, retryDelayMs } from "./activity/retry-policy.js";
export { decodeTaskToken, encodeTaskToken } from "./activity/task-token.js";

// Schedules
export { MAX_WAITING_REQUESTS } from "./schedule/limits.js";
export { nextScheduleStep } from "./schedule/schedule-step.js";
export { startRequestOf, withPerformed } from "./schedule/scheduled-run.js";
export type { PerformedStart } from "./schedule/scheduled-run.js";

// Replay
export { Machine } from "./replay/machine.js";
export type { MachineOptions } from "./replay/machine.js";
export type { ClosingCommand } from "./replay/closing-command.js";
export { pendingWork } from "./replay/pending-work.js";
export { pendingUpdates } from "./replay/pending-updates.js";
export type { PendingWork } from "./replay/pending-work.js";
export { DEFAULT_OFFLOAD_LIMITS, offloadedValueNotFound } from "./replay/offloaded-values.js";
export type { OffloadLimits } from "./replay/offloaded-values.js";
export { offloadedIdsIn } from "./replay/offloaded-id.js";
export { replayHistory } from "./replay/replay-history.js";
export type { ReadOffloaded } from "./replay/replay-history.js";
export { leftovers, replayReset } from "./replay/reset-replay.js";
export { ActivityPoller, pollerOf } from "./client/activity-poller.js";
export type { Poll, PolledActivity } from "./client/activity-poller.js";
export type { LogLine, LogStore } from "./store/log-store.js";
export type { PollStore } from "./store/poll-store.js";
export type { LimitStore, QueuedTicket } from "./store/limit-store.js";
export type { ActivityDefaults, LocalStep } from "./replay/runtime.js";
