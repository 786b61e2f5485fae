import type { JsonMap } from "../definition/json-bean.js";
import type { WorkflowTask } from "../definition/workflow-def.js";
import type { Execution } from "./execution.js";
import { taskJson, withoutAbsent } from "./task-json.js";
import { taskDefOf, type TaskRecord } from "./task-record.js";
import { isSuccessful, isOpenStatus, type TaskStatus } from "./task-status.js";

/** Which part of an execution somebody asks for; everything by default. */
export interface ExecutionQuery {
  /** Default true. */
  readonly includeTasks?: boolean | undefined;
  readonly taskStatus?: readonly TaskStatus[] | undefined;
  /** A page of the tasks: how many are left out before it, and how many it has. */
  readonly start?: number | undefined;
  readonly count?: number | undefined;
}

/** Conductor's Workflow JSON. Its `tasks` are in the order of `seq`. */
export function executionJson(execution: Execution, query: ExecutionQuery = {}): JsonMap {
  const { definition, start } = execution;
  const failed = Array.from(execution.records.all()).filter(isFailed);
  return withoutAbsent({
    workflowId: execution.workflowId,
    workflowName: definition.name,
    workflowVersion: definition.version,
    status: execution.status,
    createTime: execution.createMs,
    startTime: execution.createMs,
    updateTime: execution.updateMs,
    endTime: execution.endMs ?? 0,
    input: execution.input,
    output: execution.output,
    variables: execution.variables,
    ...(query.includeTasks === false ? { tasks: [] } : { tasks: tasksOf(execution, query).results }),
    correlationId: execution.correlationId,
    parentWorkflowId: start.parentWorkflowId,
    parentWorkflowTaskId: start.parentWorkflowTaskId,
    reasonForIncompletion: execution.reason,
    reRunFromWorkflowId: start.carried?.reRunFromWorkflowId,
    event: start.event,
    taskToDomain: start.taskToDomain ?? {},
    failedReferenceTaskNames: [...new Set(failed.map(({ ref }) => ref))],
    failedTaskNames: [...new Set(failed.map(({ task }) => task.name))],
    workflowDefinition: { ...definition, tasks: populated(definition.tasks) },
    priority: execution.priority,
    lastRetriedTime: execution.lastRetriedMs ?? 0,
    createdBy: start.createdBy,
    history: [],
  });
}

/** A page of the tasks, and how many there are of these statuses. */
export function tasksOf(
  execution: Execution,
  { taskStatus, start = 0, count = Number.POSITIVE_INFINITY }: ExecutionQuery = {},
): { readonly totalHits: number; readonly results: readonly JsonMap[] } {
  const all = Array.from(execution.records.all());
  const wanted =
    taskStatus === undefined || taskStatus.length === 0
      ? all
      : all.filter(({ status }) => taskStatus.includes(status));
  const page = wanted.slice(start, start + count);
  return { totalHits: wanted.length, results: page.map((record) => taskJson(record, execution)) };
}

function isFailed({ status, retried }: TaskRecord): boolean {
  return !isOpenStatus(status) && status !== "CANCELED" && !retried && !isSuccessful(status);
}

/** With the task definitions that the tasks run by, those included that nobody registered. */
function populated(tasks: readonly WorkflowTask[]): WorkflowTask[] {
  return tasks.map((task) => ({
    ...task,
    taskDefinition: taskDefOf(task),
    decisionCases: Object.fromEntries(
      Object.entries(task.decisionCases).map(([name, list]) => [name, populated(list)]),
    ),
    defaultCase: populated(task.defaultCase),
    forkTasks: task.forkTasks.map(populated),
    loopOver: populated(task.loopOver),
  }));
}
