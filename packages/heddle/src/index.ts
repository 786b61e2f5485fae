// Define
export { activity, query, signal, update, workflow } from "@heddle/workflow";
export type {
  ActivityContext,
  ActivityDefinition,
  ChildHandle,
  ChildOptions,
  Deferred,
  OffloadedValue,
  Operation,
  QueryHandle,
  RunOptions,
  Saga,
  SettledOutcome,
  SignalHandle,
  SignalHandler,
  StartedOrSignalled,
  StartOrSignalCallOptions,
  UpdateHandle,
  WorkflowContext,
  WorkflowDefinition,
  WorkflowGenerator,
} from "@heddle/workflow";

// Run
export { Engine } from "./engine.js";
export type { EngineOptions } from "./engine-options.js";
export { SignalledWorkflowHandle, WorkflowHandle } from "./workflow-handle.js";
export type { FollowedEntry } from "./watch-events.js";
export type { Bulk } from "./bulk.js";
export type { OpenActivities } from "./open-activities.js";
export type { Queues } from "./queues.js";
export type { AcceptedUpdateHandle } from "./accepted-update-handle.js";
export { ScheduleHandle, Schedules } from "./schedules.js";
export type { ScheduledWorkflowOf } from "./schedules.js";
export type {
  UpdateCall,
  UpdatedWorkflow,
  UpdatingWorkflow,
  WorkflowWithUpdate,
} from "./update-with-start.js";
export type { SignalOptions } from "./workflow-handle.js";
export type { Role } from "./roles.js";
export type {
  ActivityTarget,
  BackfillOptions,
  AggregateOptions,
  AttributeFilter,
  GroupBy,
  BulkForkOptions,
  BulkOptions,
  BulkOutcome,
  BulkResetOptions,
  BulkSummary,
  DescribeQueueOptions,
  EventOf,
  ForkOptions,
  HistoryEntry,
  ImportOptions,
  ListOptions,
  ListQueuesOptions,
  QueryOptions,
  ResetOptions,
  RetryRunOptions,
  RunDescription,
  RunFilterOptions,
  ScheduleChanges,
  ScheduledRunSummary,
  ScheduleDescription,
  ScheduledStartOptions,
  ScheduledWorkflow,
  ScheduleOptions,
  SchedulePage,
  ScheduleSummary,
  RunGroup,
  SignalAcknowledgement,
  StartOptions,
  StartOrSignalOptions,
  UpdateOptions,
  UpdateWithStartOptions,
  WatchFilter,
} from "@heddle/core";
export type {
  AttributeChanges,
  Attributes,
  AttributeType,
  AttributeValue,
  Duration,
  LimitOptions,
  LiveWorker,
  OverlapPolicy,
  PaginatedResult,
  QueueDescription,
  QueuePage,
  QueueSummary,
  RetryOptions,
  TimeoutOptions,
  WatchEvent,
  WorkflowChange,
  WorkflowHistory,
  WorkflowStatus,
  WorkflowSummary,
} from "@heddle/protocol";
export { parseHistory } from "@heddle/protocol";

// Payload codecs
export { chainCodecs } from "./codecs/chain-codecs.js";
export { compression, type CompressionOptions } from "./codecs/compression-codec.js";
export { encryption, type EncryptionOptions } from "./codecs/encryption-codec.js";
export type { PayloadCodec, PayloadCodecContext } from "@heddle/protocol";

// Errors
export {
  ActivityAlreadySettledError,
  ActivityFailedError,
  ActivityNotFoundError,
  ActivityTimedOutError,
  CancelledError,
  ChildDepthExceededError,
  ChildWorkflowFailedError,
  CompensationFailedError,
  ConditionTimedOutError,
  ConfigurationError,
  CorruptRecordError,
  HeddleError,
  IdempotencyKeyPurgedError,
  InboxFullError,
  InvalidArgumentError,
  InvalidScheduleError,
  MapFailedError,
  NondeterminismError,
  NotResettableError,
  OutcomeUnknownError,
  PayloadNotDecodableError,
  PayloadNotSerializableError,
  OffloadedValueNotFoundError,
  PayloadTooLargeError,
  QueryFailedError,
  QueryNotFoundError,
  QueryUnavailableError,
  ScheduleAlreadyExistsError,
  ScheduleNotFoundError,
  ScopeTimedOutError,
  ShutDownError,
  SignalTimedOutError,
  StartOrSignalConflictError,
  StorageFullError,
  UnavailableError,
  UnexpectedReplyError,
  UnsafeRedisError,
  UpdateFailedError,
  UpdateNotCompletedError,
  UpdateNotFoundError,
  UpdateRejectedError,
  UpdateResultForgottenError,
  WorkflowAlreadyExistsError,
  WorkflowCancelledError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
  WorkflowTypeNotRegisteredError,
} from "@heddle/protocol";
