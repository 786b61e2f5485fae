// What tasks are searched by, and how Conductor's searches show them.
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { TASK_STATUSES } from "../interpreter/task-status.js";
import { asText, isoTime } from "./execution-summary.js";
import type { FieldKind } from "./field-test.js";

export const TASK_FIELDS = {
  taskId: "text",
  taskType: "text",
  taskDefName: "text",
  taskReferenceName: "text",
  status: { oneOf: TASK_STATUSES },
  workflowId: "text",
  workflowType: "text",
  correlationId: "text",
  scheduledTime: "time",
  startTime: "time",
  endTime: "time",
  updateTime: "time",
} as const satisfies Readonly<Record<string, FieldKind>>;
export type TaskField = keyof typeof TASK_FIELDS;

export const TASK_ALIASES: Readonly<Record<string, TaskField>> = {
  referenceTaskName: "taskReferenceName",
  workflowInstanceId: "workflowId",
  workflowName: "workflowType",
  modifiedTime: "updateTime",
};

export type TaskFacts = Readonly<Record<TaskField, string | number | undefined>>;

/** Of Conductor's Task JSON. */
export function taskFacts(task: JsonMap): TaskFacts {
  const text = (name: string) => (typeof task[name] === "string" ? task[name] : undefined);
  return {
    taskId: text("taskId"),
    taskType: text("taskType"),
    taskDefName: text("taskDefName"),
    taskReferenceName: text("referenceTaskName"),
    status: text("status"),
    workflowId: text("workflowInstanceId"),
    workflowType: text("workflowType"),
    correlationId: text("correlationId"),
    scheduledTime: timeOf(task["scheduledTime"]),
    startTime: timeOf(task["startTime"]),
    endTime: timeOf(task["endTime"]),
    updateTime: timeOf(task["updateTime"]),
  };
}

/** Conductor's TaskSummary of a Task JSON. */
export function taskSummary(task: JsonMap): JsonMap {
  const { scheduledTime, startTime, endTime, updateTime, ...facts } = taskFacts(task);
  const iso = (ms: string | number | undefined) => (typeof ms === "number" ? isoTime(ms) : undefined);
  const between = (from: unknown, to: unknown) =>
    typeof from === "number" && typeof to === "number" ? Math.max(0, to - from) : 0;
  return withoutAbsent({
    ...facts,
    scheduledTime: iso(scheduledTime),
    startTime: iso(startTime),
    updateTime: iso(updateTime),
    endTime: iso(endTime),
    reasonForIncompletion: task["reasonForIncompletion"],
    executionTime: between(startTime, endTime),
    queueWaitTime: between(scheduledTime, startTime),
    ...asText("input", mapOf(task["inputData"])),
    ...asText("output", mapOf(task["outputData"])),
    workflowPriority: task["workflowPriority"],
    domain: task["domain"],
  });
}

function mapOf(value: unknown): JsonMap {
  return isJsonMap(value) ? value : {};
}

/** Zero stands for a time that has not come. */
function timeOf(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
