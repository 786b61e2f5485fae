import { ActivityFailedError, ActivityTimedOutError, CancelledError, HeddleError } from "@heddle/protocol";
import type { TaskDef } from "../definition/task-def.js";
import type { TaskOutcome } from "./task-record.js";

/** Names of errors by which a worker says that a retry would meet the same one. */
const TERMINAL_ERRORS: ReadonlySet<string> = new Set([
  "NonRetryableError",
  "NonRetryableException",
  "ExpressionError",
  "InvalidArgumentError",
  "PayloadTooLargeError",
  "PayloadNotSerializableError",
]);

/**
 * How a task ended whose code, activity or worker threw. A cancellation, and what is no refusal of the engine, is thrown
 * on: the former ends the code, the latter is a defect of the interpreter, which must not pass for a failed task.
 */
export function failureOutcome(error: unknown, taskDef: TaskDef): TaskOutcome {
  if (error instanceof CancelledError) throw error;
  if (error instanceof ActivityTimedOutError) return activityTimeout(error, taskDef);
  if (error instanceof ActivityFailedError) {
    const { name, message } = causeOf(error);
    if (name === "WorkerLostError") return { status: "TIMED_OUT", reason: message };
    const status = TERMINAL_ERRORS.has(name) ? "FAILED_WITH_TERMINAL_ERROR" : "FAILED";
    return { status, reason: message };
  }
  if (error instanceof HeddleError) return { status: "FAILED_WITH_TERMINAL_ERROR", reason: error.message };
  throw error;
}

/** What threw inside an activity. */
export function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

/** A timeout of an attempt, by the policy of its definition; that of responses always leads to a retry. */
export function timeoutOutcome(
  kind: "attempt" | "poll" | "total",
  taskDef: TaskDef,
  reason: string,
): TaskOutcome {
  const endsWorkflow = taskDef.timeoutPolicy === "TIME_OUT_WF";
  return { status: "TIMED_OUT", reason, endsWorkflow, isFinal: kind === "total" };
}

function activityTimeout(error: ActivityTimedOutError, taskDef: TaskDef): TaskOutcome {
  const cause = causeOf(error);
  const details = "details" in cause ? (cause.details as { timeout?: unknown } | undefined) : undefined;
  switch (details?.timeout) {
    case "heartbeat": {
      const reason = `responseTimeout: ${taskDef.responseTimeoutSeconds} exceeded without an update`;
      return { status: "TIMED_OUT", reason };
    }
    case "schedule-to-start": {
      const reason = `Task poll timed out after ${taskDef.pollTimeoutSeconds ?? 0} seconds; no worker took it`;
      return timeoutOutcome("poll", taskDef, reason);
    }
    default:
      return timeoutOutcome("attempt", taskDef, `Task timed out after ${taskDef.timeoutSeconds} seconds`);
  }
}
