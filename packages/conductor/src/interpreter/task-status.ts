/** States of a task, by Conductor's names. */
export const TASK_STATUSES = [
  "SCHEDULED",
  "IN_PROGRESS",
  "COMPLETED",
  "COMPLETED_WITH_ERRORS",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "TIMED_OUT",
  "CANCELED",
  "SKIPPED",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
export type OpenTaskStatus = "SCHEDULED" | "IN_PROGRESS";
export type EndedTaskStatus = Exclude<TaskStatus, OpenTaskStatus>;

export function isOpenStatus(status: TaskStatus): status is OpenTaskStatus {
  return status === "SCHEDULED" || status === "IN_PROGRESS";
}

/** The flow goes on behind it. */
export function isSuccessful(status: EndedTaskStatus): boolean {
  return status === "COMPLETED" || status === "COMPLETED_WITH_ERRORS" || status === "SKIPPED";
}

/** Another attempt may follow. */
export function isRetriable(status: EndedTaskStatus): boolean {
  return status === "FAILED" || status === "TIMED_OUT";
}

/** States of a workflow, by Conductor's names. */
export type ExecutionStatus = "RUNNING" | "PAUSED" | EndedExecutionStatus;
export type EndedExecutionStatus = "COMPLETED" | "FAILED" | "TIMED_OUT" | "TERMINATED";
