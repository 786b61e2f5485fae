// Errors
export {
  ActivityAlreadySettledError,
  ActivityFailedError,
  ActivityNotFoundError,
  ActivityTimedOutError,
  ApiKeyNotFoundError,
  CancelledError,
  ChildDepthExceededError,
  ChildWorkflowFailedError,
  CompensationFailedError,
  ConditionTimedOutError,
  ConfigurationError,
  CorruptRecordError,
  DeadLetterNotFoundError,
  ERROR_CATALOGUE,
  ExpressionError,
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
  PermissionDeniedError,
  QueryFailedError,
  QueryNotFoundError,
  QueryUnavailableError,
  RateLimitedError,
  ScheduleAlreadyExistsError,
  ScheduleNotFoundError,
  ScopeTimedOutError,
  ShutDownError,
  SignalTimedOutError,
  SsrfBlockedError,
  StartOrSignalConflictError,
  StorageFullError,
  UnauthenticatedError,
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
} from "./errors.js";
export type { ErrorCode, ErrorDetails, ExpressionFault } from "./errors.js";
export { heddleErrorOf } from "./heddle-error-of.js";
export { errorOf, failureOf } from "./failure.js";
export { failureSchema } from "./failure-schema.js";
export type { Failure } from "./failure.js";
export { includesRole, ROLES } from "./roles.js";
export type { Role } from "./roles.js";
export type { LiveWorker, QueueDescription, QueuePage, QueueSummary } from "./queue-description.js";

// Values
export { durationMs, MAX_DURATION_MS } from "./duration.js";
export type { Duration } from "./duration.js";
export { CODEC_MARK, decodePayload, encodePayload, isCodecOutput, MAX_PAYLOAD_BYTES } from "./payload.js";
export type { Payload } from "./payload.js";
export type { PayloadCodec, PayloadCodecContext } from "./payload-codec.js";
export {
  assertActivityReference,
  assertIdempotencyKey,
  assertName,
  assertNamespace,
  assertQueueName,
  assertScheduleId,
  assertShortName,
  assertSignalId,
  assertUpdateId,
  assertWorkflowId,
  assertWorkflowType,
  MAX_IDEMPOTENCY_KEY_BYTES,
  MAX_NAME_BYTES,
  MAX_SCHEDULE_ID_BYTES,
  MAX_SIGNAL_ID_BYTES,
  MAX_TYPE_BYTES,
  MAX_WORKFLOW_ID_BYTES,
} from "./identifiers.js";
export { steersExecution } from "./reserved-names.js";

// Search
export {
  assertAttributes,
  assertAttributeTypes,
  assertAttributeValue,
  attributeTypeOf,
  MAX_ATTRIBUTES,
  TAGS_ATTRIBUTE,
  tooManyAttributes,
} from "./search-attributes.js";
export type {
  AttributeChanges,
  Attributes,
  AttributeType,
  AttributeTypes,
  AttributeValue,
} from "./search-attributes.js";

export { verifiedTls, type RedisConnectionOptions } from "./redis-connection.js";

// Runs
export { CLOSED_STATUSES, isClosedStatus, OPEN_STATUSES, parseStatus, WORKFLOW_STATUSES } from "./status.js";
export type { ClosedStatus, OpenStatus, WorkflowStatus } from "./status.js";
export type { PaginatedResult, WatchEvent, WorkflowChange, WorkflowSummary } from "./summary.js";
export {
  decodeHistoryRecord,
  encodeHistoryRecord,
  isHistoryCommand,
  isHistoryEvent,
} from "./history-record.js";
export type { HistoryCommand, HistoryEvent, HistoryRecord, Reapply } from "./history-record.js";
export { messageAnswerSchema } from "./message-record.js";
export type { MessageAnswer, ParentRun } from "./message-record.js";
export { formatHistory, historyFromJson, parseHistory } from "./history-document.js";
export type { WorkflowHistory } from "./history-document.js";

// Activities
export { activityLimitsSchema, resolveActivityLimits } from "./activity-limits.js";
export type { ActivityLimits, LimitOptions } from "./activity-limits.js";
export { activityPolicySchema, resolveActivityPolicy } from "./activity-policy.js";
export type { ActivityPolicy, RetryOptions, TimeoutOptions } from "./activity-policy.js";

// Schedules
export {
  OVERLAP_POLICIES,
  scheduleProgressCodec,
  scheduleRequestCodec,
  scheduleSpecCodec,
} from "./schedule-record.js";
export type {
  OverlapPolicy,
  ScheduledStart,
  ScheduleProgress,
  ScheduleRequest,
  ScheduleSpec,
} from "./schedule-record.js";
