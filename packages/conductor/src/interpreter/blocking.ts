import type { JsonMap } from "../definition/json-bean.js";
import type { Execution } from "./execution.js";
import { taskJson } from "./task-json.js";
import type { TaskRecord } from "./task-record.js";
import type { ExecutionStatus } from "./task-status.js";
import { isOpenStatus } from "./task-status.js";

/** Whether an execution can go on without somebody outside. */
export interface Blocking {
  readonly status: ExecutionStatus;
  /** The task that waits for a signal, or the one that was asked for and has ended; null when it goes on. */
  readonly task: JsonMap | null;
  /** Open sub-workflows, which may be blocked themselves. */
  readonly subWorkflowIds: readonly string[];
}

/** `refs`: tasks whose end counts as well. */
export function blockingOf(execution: Execution, refs: readonly string[]): Blocking {
  const { records, status } = execution;
  const awaited = refs.map((ref) => records.byRef(ref) ?? records.byName(ref)).find(hasEnded);
  const task = awaited ?? firstOpen(execution, isSignalWait);
  return {
    status,
    task: task === undefined ? null : taskJson(task, execution),
    subWorkflowIds: subWorkflowsOf(execution),
  };
}

function hasEnded(record: TaskRecord | undefined): record is TaskRecord {
  return record !== undefined && !isOpenStatus(record.status);
}

function firstOpen({ records }: Execution, wanted: (record: TaskRecord) => boolean): TaskRecord | undefined {
  for (const record of records.open()) if (wanted(record)) return record;
  return undefined;
}

/** A WAIT that no timer ends. */
function isSignalWait({ taskType, status, input }: TaskRecord): boolean {
  return (
    taskType === "WAIT" && status === "IN_PROGRESS" && !isGiven(input["duration"]) && !isGiven(input["until"])
  );
}

function isGiven(value: unknown): boolean {
  return value != null && value !== "";
}

function subWorkflowsOf({ records }: Execution): string[] {
  const ids: string[] = [];
  for (const { taskType, subWorkflowId } of records.open()) {
    if (taskType === "SUB_WORKFLOW" && subWorkflowId !== undefined) ids.push(subWorkflowId);
  }
  return ids;
}
