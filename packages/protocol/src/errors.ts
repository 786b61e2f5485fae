/**
 * The one catalogue of errors. A code is stable and never reused.
 *
 * `outcome` is what a caller may conclude: `refused` (nothing happened), `unknown` (the call may have been
 * applied; repeating it with the same ids is safe) or `reported` (the call did its work and reports a failure
 * of something else, for example of the workflow).
 */
interface ErrorEntry {
  /** Class name, as seen in `error.name`. */
  readonly name: string;
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly outcome: "refused" | "unknown" | "reported";
}

export const ERROR_CATALOGUE = {
  INVALID_ARGUMENT: entry("InvalidArgumentError", 400),
  MALFORMED_JSON: entry("MalformedJsonError", 400),
  MALFORMED_MSGPACK: entry("MalformedMsgpackError", 400),
  UNSUPPORTED_MEDIA_TYPE: entry("UnsupportedMediaTypeError", 415),
  ROUTE_NOT_FOUND: entry("RouteNotFoundError", 404),
  METHOD_NOT_ALLOWED: entry("MethodNotAllowedError", 405),
  MALFORMED_REQUEST: entry("MalformedRequestError", 400),
  PATH_TOO_LONG: entry("PathTooLongError", 414),
  HEADERS_TOO_LARGE: entry("HeadersTooLargeError", 431),
  REQUEST_TIMEOUT: entry("RequestTimeoutError", 408, { retryable: true }),
  UNAUTHENTICATED: entry("UnauthenticatedError", 401),
  PERMISSION_DENIED: entry("PermissionDeniedError", 403),
  RATE_LIMITED: entry("RateLimitedError", 429, { retryable: true }),
  API_KEY_NOT_FOUND: entry("ApiKeyNotFoundError", 404),
  DEAD_LETTER_NOT_FOUND: entry("DeadLetterNotFoundError", 404),
  PAYLOAD_TOO_LARGE: entry("PayloadTooLargeError", 413),
  OFFLOADED_VALUE_NOT_FOUND: entry("OffloadedValueNotFoundError", 404, { outcome: "reported" }),
  PAYLOAD_NOT_SERIALIZABLE: entry("PayloadNotSerializableError", 400),
  WORKFLOW_TYPE_NOT_REGISTERED: entry("WorkflowTypeNotRegisteredError", 400),
  WORKFLOW_NOT_FOUND: entry("WorkflowNotFoundError", 404),
  WORKFLOW_NOT_RUNNING: entry("WorkflowNotRunningError", 409),
  WORKFLOW_NOT_CLOSED: entry("WorkflowNotClosedError", 409),
  WORKFLOW_ALREADY_EXISTS: entry("WorkflowAlreadyExistsError", 409),
  START_OR_SIGNAL_CONFLICT: entry("StartOrSignalConflictError", 409),
  IDEMPOTENCY_KEY_PURGED: entry("IdempotencyKeyPurgedError", 410),
  IDEMPOTENCY_KEY_REUSED: entry("IdempotencyKeyReusedError", 422),
  NOT_RESETTABLE: entry("NotResettableError", 409),
  DEFINITION_NOT_FOUND: entry("DefinitionNotFoundError", 404),
  DEFINITION_ALREADY_EXISTS: entry("DefinitionAlreadyExistsError", 409),
  TASK_NOT_FOUND: entry("TaskNotFoundError", 404),
  SCHEDULE_NOT_FOUND: entry("ScheduleNotFoundError", 404),
  SCHEDULE_ALREADY_EXISTS: entry("ScheduleAlreadyExistsError", 409),
  INVALID_SCHEDULE: entry("InvalidScheduleError", 400),
  INBOX_FULL: entry("InboxFullError", 429, { retryable: true }),
  STORAGE_FULL: entry("StorageFullError", 503, { retryable: true }),
  UNAVAILABLE: entry("UnavailableError", 503, { retryable: true }),
  OUTCOME_UNKNOWN: entry("OutcomeUnknownError", 504, { retryable: true, outcome: "unknown" }),
  QUERY_UNAVAILABLE: entry("QueryUnavailableError", 503, { retryable: true }),
  QUERY_NOT_FOUND: entry("QueryNotFoundError", 404),
  QUERY_FAILED: entry("QueryFailedError", 422, { outcome: "reported" }),
  UPDATE_NOT_FOUND: entry("UpdateNotFoundError", 404),
  UPDATE_REJECTED: entry("UpdateRejectedError", 422),
  UPDATE_FAILED: entry("UpdateFailedError", 422, { outcome: "reported" }),
  UPDATE_NOT_COMPLETED: entry("UpdateNotCompletedError", 409, { outcome: "reported" }),
  UPDATE_RESULT_FORGOTTEN: entry("UpdateResultForgottenError", 410, { outcome: "reported" }),
  WORKFLOW_FAILED: entry("WorkflowFailedError", 422, { outcome: "reported" }),
  WORKFLOW_CANCELLED: entry("WorkflowCancelledError", 409, { outcome: "reported" }),
  WORKFLOW_TERMINATED: entry("WorkflowTerminatedError", 409, { outcome: "reported" }),
  WORKFLOW_TIMED_OUT: entry("WorkflowTimedOutError", 409, { outcome: "reported" }),
  ACTIVITY_FAILED: entry("ActivityFailedError", 422, { outcome: "reported" }),
  ACTIVITY_NOT_FOUND: entry("ActivityNotFoundError", 404),
  ACTIVITY_ALREADY_SETTLED: entry("ActivityAlreadySettledError", 409),
  ACTIVITY_TIMED_OUT: entry("ActivityTimedOutError", 422, { outcome: "reported" }),
  CHILD_WORKFLOW_FAILED: entry("ChildWorkflowFailedError", 422, { outcome: "reported" }),
  CHILD_DEPTH_EXCEEDED: entry("ChildDepthExceededError", 422),
  SIGNAL_TIMED_OUT: entry("SignalTimedOutError", 422, { outcome: "reported" }),
  CONDITION_TIMED_OUT: entry("ConditionTimedOutError", 422, { outcome: "reported" }),
  SCOPE_TIMED_OUT: entry("ScopeTimedOutError", 422, { outcome: "reported" }),
  MAP_FAILED: entry("MapFailedError", 422, { outcome: "reported" }),
  COMPENSATION_FAILED: entry("CompensationFailedError", 422, { outcome: "reported" }),
  EXPRESSION: entry("ExpressionError", 422, { outcome: "reported" }),
  SSRF_BLOCKED: entry("SsrfBlockedError", 422),
  CANCELLED: entry("CancelledError", 409, { outcome: "reported" }),
  NONDETERMINISM: entry("NondeterminismError", 500, { outcome: "reported" }),
  UNSAFE_REDIS: entry("UnsafeRedisError", 500),
  CONFIGURATION: entry("ConfigurationError", 500),
  CORRUPT_RECORD: entry("CorruptRecordError", 500, { outcome: "reported" }),
  PAYLOAD_NOT_DECODABLE: entry("PayloadNotDecodableError", 500, { outcome: "reported" }),
  SHUT_DOWN: entry("ShutDownError", 503),
  UNEXPECTED_REPLY: entry("UnexpectedReplyError", 502),
  INTERNAL: entry("InternalError", 500, { retryable: true, outcome: "unknown" }),
} as const satisfies Record<string, ErrorEntry>;

function entry(
  name: string,
  httpStatus: number,
  rest: Partial<Pick<ErrorEntry, "retryable" | "outcome">> = {},
): ErrorEntry {
  return { name, httpStatus, retryable: false, outcome: "refused", ...rest };
}

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** Ids and limits that belong to an error; safe to show to a caller. */
export type ErrorDetails = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** Every error that Heddle throws on purpose. Branch on `code` or on the subclass. */
export class HeddleError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.name = ERROR_CATALOGUE[code].name;
  }

  get httpStatus(): number {
    return ERROR_CATALOGUE[this.code].httpStatus;
  }
  /** Whether the same call, with the same ids, may succeed later. */
  get retryable(): boolean {
    return ERROR_CATALOGUE[this.code].retryable;
  }
  get outcome(): "refused" | "unknown" | "reported" {
    return ERROR_CATALOGUE[this.code].outcome;
  }
}

interface SubclassOptions {
  details?: ErrorDetails;
  cause?: unknown;
}

/** Builds the subclass of one code, so that callers can branch with `instanceof`. */
function subclass<Code extends ErrorCode>(code: Code) {
  return class extends HeddleError {
    declare readonly code: Code;
    constructor(message: string, options: SubclassOptions = {}) {
      super(code, message, options);
    }
  };
}

export class InvalidArgumentError extends subclass("INVALID_ARGUMENT") {}
export class UnauthenticatedError extends subclass("UNAUTHENTICATED") {}
export class PermissionDeniedError extends subclass("PERMISSION_DENIED") {}
export class RateLimitedError extends subclass("RATE_LIMITED") {}
export class ApiKeyNotFoundError extends subclass("API_KEY_NOT_FOUND") {}
export class DeadLetterNotFoundError extends subclass("DEAD_LETTER_NOT_FOUND") {}
export class PayloadTooLargeError extends subclass("PAYLOAD_TOO_LARGE") {}
export class OffloadedValueNotFoundError extends subclass("OFFLOADED_VALUE_NOT_FOUND") {}
export class PayloadNotSerializableError extends subclass("PAYLOAD_NOT_SERIALIZABLE") {}
export class WorkflowTypeNotRegisteredError extends subclass("WORKFLOW_TYPE_NOT_REGISTERED") {}
export class WorkflowNotFoundError extends subclass("WORKFLOW_NOT_FOUND") {}
export class WorkflowNotRunningError extends subclass("WORKFLOW_NOT_RUNNING") {}
export class WorkflowAlreadyExistsError extends subclass("WORKFLOW_ALREADY_EXISTS") {}
export class StartOrSignalConflictError extends subclass("START_OR_SIGNAL_CONFLICT") {}
export class IdempotencyKeyPurgedError extends subclass("IDEMPOTENCY_KEY_PURGED") {}
export class NotResettableError extends subclass("NOT_RESETTABLE") {}
export class ScheduleNotFoundError extends subclass("SCHEDULE_NOT_FOUND") {}
export class ScheduleAlreadyExistsError extends subclass("SCHEDULE_ALREADY_EXISTS") {}
export class InvalidScheduleError extends subclass("INVALID_SCHEDULE") {}
export class InboxFullError extends subclass("INBOX_FULL") {}
export class StorageFullError extends subclass("STORAGE_FULL") {}
export class UnavailableError extends subclass("UNAVAILABLE") {}
export class OutcomeUnknownError extends subclass("OUTCOME_UNKNOWN") {}
export class QueryUnavailableError extends subclass("QUERY_UNAVAILABLE") {}
export class QueryNotFoundError extends subclass("QUERY_NOT_FOUND") {}
export class QueryFailedError extends subclass("QUERY_FAILED") {}
export class UpdateNotFoundError extends subclass("UPDATE_NOT_FOUND") {}
export class UpdateRejectedError extends subclass("UPDATE_REJECTED") {}
export class UpdateFailedError extends subclass("UPDATE_FAILED") {}
export class UpdateNotCompletedError extends subclass("UPDATE_NOT_COMPLETED") {}
export class UpdateResultForgottenError extends subclass("UPDATE_RESULT_FORGOTTEN") {}
export class WorkflowFailedError extends subclass("WORKFLOW_FAILED") {}
export class WorkflowCancelledError extends subclass("WORKFLOW_CANCELLED") {}
export class WorkflowTerminatedError extends subclass("WORKFLOW_TERMINATED") {}
export class WorkflowTimedOutError extends subclass("WORKFLOW_TIMED_OUT") {}
export class ActivityFailedError extends subclass("ACTIVITY_FAILED") {}
export class ActivityNotFoundError extends subclass("ACTIVITY_NOT_FOUND") {}
export class ActivityAlreadySettledError extends subclass("ACTIVITY_ALREADY_SETTLED") {}
export class ActivityTimedOutError extends subclass("ACTIVITY_TIMED_OUT") {}
/** A child workflow failed, was cancelled, terminated or timed out: `details.status` says which, the `cause` why. */
export class ChildWorkflowFailedError extends subclass("CHILD_WORKFLOW_FAILED") {}
export class ChildDepthExceededError extends subclass("CHILD_DEPTH_EXCEEDED") {}
export class SignalTimedOutError extends subclass("SIGNAL_TIMED_OUT") {}
export class ConditionTimedOutError extends subclass("CONDITION_TIMED_OUT") {}
export class ScopeTimedOutError extends subclass("SCOPE_TIMED_OUT") {}
export class MapFailedError extends subclass("MAP_FAILED") {}
/** Some compensations of a saga failed; all were tried. The `cause` is why the saga was undone. */
export class CompensationFailedError extends subclass("COMPENSATION_FAILED") {
  /** What each of them threw, in the order in which they were tried. */
  readonly errors: readonly unknown[];

  constructor(message: string, options: SubclassOptions & { errors?: readonly unknown[] } = {}) {
    super(message, options);
    this.errors = options.errors ?? [];
  }
}
/** How the text of an author (a script, a jq program) failed. */
export type ExpressionFault = "syntax" | "timeout" | "memory" | "denied" | "thrown";
/** A script or jq program of a definition cannot be read, was stopped at a limit, or threw; `details.kind` says which. */
export class ExpressionError extends subclass("EXPRESSION") {
  readonly kind: ExpressionFault;

  constructor(message: string, options: SubclassOptions & { kind?: ExpressionFault } = {}) {
    const kind = options.kind ?? "thrown";
    super(message, { ...options, details: { ...options.details, kind } });
    this.kind = kind;
  }
}
/** A task was about to reach an address, port or scheme that the egress policy forbids; nothing was sent there. */
export class SsrfBlockedError extends subclass("SSRF_BLOCKED") {}
export class CancelledError extends subclass("CANCELLED") {}
export class NondeterminismError extends subclass("NONDETERMINISM") {}
export class UnsafeRedisError extends subclass("UNSAFE_REDIS") {}
export class ConfigurationError extends subclass("CONFIGURATION") {}
export class CorruptRecordError extends subclass("CORRUPT_RECORD") {}
export class PayloadNotDecodableError extends subclass("PAYLOAD_NOT_DECODABLE") {}
export class ShutDownError extends subclass("SHUT_DOWN") {}
/** Something else than Heddle answered a call over HTTP, or a newer Heddle with what this client does not know. */
export class UnexpectedReplyError extends subclass("UNEXPECTED_REPLY") {}
