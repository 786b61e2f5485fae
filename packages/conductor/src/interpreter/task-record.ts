import type { Deferred } from "@heddle/workflow";
import { adHocTaskDef } from "../definition/ad-hoc-task-def.js";
import type { JsonMap } from "../definition/json-bean.js";
import type { TaskDef } from "../definition/task-def.js";
import type { WorkflowTask } from "../definition/workflow-def.js";
import type { SecretPath } from "../expression/resolve.js";
import type { EndedTaskStatus, TaskStatus } from "./task-status.js";

/** One attempt of a task, as the interpreter keeps it in memory; a retry is a record of its own. */
export interface TaskRecord {
  readonly taskId: string;
  /** Place among all records, from 1. */
  readonly seq: number;
  readonly task: WorkflowTask;
  readonly taskDef: TaskDef;
  /** Type as workers and lists know it; of a SIMPLE task its name. */
  readonly taskType: string;
  /** With the numbers of the iterations it is in, as in `ref__2`. */
  readonly ref: string;
  /** Of the innermost loop; 0 outside of loops. */
  iteration: number;
  readonly retryCount: number;
  readonly retriedTaskId: string | undefined;
  readonly domain: string | undefined;
  readonly scheduledMs: number;
  /** Of the first attempt. */
  readonly firstScheduledMs: number;
  readonly startDelaySeconds: number;
  /** How long it still is to wait before it is done. */
  delayMs: number;
  /** An attempt before it failed like this. */
  reason: string | undefined;
  status: TaskStatus;
  input: JsonMap;
  /** Where in the input secrets are still to be put in. */
  secretPaths: readonly SecretPath[];
  output: JsonMap;
  startMs: number | undefined;
  endMs: number | undefined;
  updateMs: number;
  callbackAfterSeconds: number;
  pollCount: number;
  workerId: string | undefined;
  subWorkflowId: string | undefined;
  retried: boolean;
  /** How somebody outside ended it, or gave it back to its queue. */
  settlement: Deferred<TaskSettlement>;
}

/** How a task ended. */
export interface TaskOutcome {
  readonly status: EndedTaskStatus;
  /** Absent: the output that it has stays. */
  readonly output?: JsonMap | undefined;
  readonly reason?: string | undefined;
  readonly workerId?: string | undefined;
  readonly startMs?: number | undefined;
  readonly pollCount?: number | undefined;
  /** No other attempt may follow. */
  readonly isFinal?: boolean;
  /** The policy of its timeout lets it end the workflow at once. */
  readonly endsWorkflow?: boolean;
}

export type TaskSettlement =
  | { readonly kind: "ended"; readonly outcome: TaskOutcome }
  /** Back to its queue; a worker may take it after that time. */
  | { readonly kind: "requeued"; readonly afterMs: number };

/** `callbackAfterSeconds` of what only somebody outside ends. */
export const WITHOUT_CALLBACK = 2_147_483_647;

export function taskDefOf(task: WorkflowTask): TaskDef {
  return task.taskDefinition ?? adHocTaskDef(task);
}

/** The operators are called by their type, everything else by the name of the task. */
const NAMED_BY_TYPE = new Set(["SWITCH", "DECISION", "FORK", "JOIN", "EXCLUSIVE_JOIN", "DO_WHILE"]);

export function taskDefName(task: WorkflowTask, taskType: string): string {
  return NAMED_BY_TYPE.has(taskType) ? taskType : task.name;
}
