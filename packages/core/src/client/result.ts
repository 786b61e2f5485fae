import {
  CorruptRecordError,
  decodeHistoryRecord,
  decodePayload,
  errorOf,
  WorkflowCancelledError,
  WorkflowFailedError,
  WorkflowTerminatedError,
  WorkflowTimedOutError,
} from "@heddle/protocol";
import type { ClosedRun } from "../store/accepting-store.js";

/** The result of a closed run, or the typed error that tells how it ended; `cause` is the workflow's own error. */
export function resultOf(workflowId: string, closed: ClosedRun): unknown {
  const record = decodeHistoryRecord(closed.record);
  const details = { workflowId, runId: closed.runId };
  switch (record.kind) {
    case "completed":
      return decodePayload(record.result);
    case "failed":
      throw new WorkflowFailedError(
        `workflow "${workflowId}" failed: ${record.failure.name}: ${record.failure.message}`,
        { details, cause: errorOf(record.failure) },
      );
    case "cancelled":
      throw new WorkflowCancelledError(`workflow "${workflowId}" was cancelled: ${record.failure.message}`, {
        details,
        cause: errorOf(record.failure),
      });
    case "terminated":
      throw new WorkflowTerminatedError(
        `workflow "${workflowId}" was terminated${record.reason === undefined ? "" : `: ${record.reason}`}`,
        { details: { ...details, reason: record.reason } },
      );
    case "timed-out":
      throw new WorkflowTimedOutError(
        `workflow "${workflowId}" reached its ${record.timeout} timeout at ` +
          `${new Date(record.deadlineMs).toISOString()} and was closed; allow more time, or see its history for what it waited for`,
        { details: { ...details, timeout: record.timeout, deadlineMs: record.deadlineMs } },
      );
    default:
      throw new CorruptRecordError(
        `run ${closed.runId} of workflow "${workflowId}" is ${closed.status} but its last record is ${record.kind}`,
        { details },
      );
  }
}
