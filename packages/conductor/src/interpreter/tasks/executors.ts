import type { TaskExecutor } from "../task-executor.js";
import type { TaskRecord } from "../task-record.js";
import { runNoop, runSetVariable } from "./pure-tasks.js";
import { runStartWorkflow } from "./start-workflow.js";
import { runSubWorkflow } from "./sub-workflow.js";
import { runEvent, runHttp, runKafkaPublish, runScript, systemTask } from "./system-task.js";
import { runHuman, runWait } from "./wait.js";
import { runWorkerTask } from "./worker-task.js";

const EXECUTORS: ReadonlyMap<string, TaskExecutor> = new Map<string, TaskExecutor>([
  ["WAIT", runWait],
  ["HUMAN", runHuman],
  ["HTTP", runHttp],
  ["KAFKA_PUBLISH", runKafkaPublish],
  ["JSON_JQ_TRANSFORM", systemTask("JSON_JQ_TRANSFORM")],
  ["EVENT", runEvent],
  ["INLINE", runScript("INLINE")],
  ["LAMBDA", runScript("LAMBDA")],
  ["SUB_WORKFLOW", runSubWorkflow],
  ["START_WORKFLOW", runStartWorkflow],
  ["SET_VARIABLE", runSetVariable],
  ["NOOP", runNoop],
]);

/** What a task does by its type; a type that is not built in is done by workers. */
export function executorOf(record: Pick<TaskRecord, "task" | "taskType">): TaskExecutor {
  return builtIn(record) ?? runWorkerTask;
}

/** A type that needs no worker, and does not steer the flow. */
export function isBuiltInType(type: unknown): type is string {
  return typeof type === "string" && EXECUTORS.has(type);
}

/** Workers poll it, so it has a queue and a domain. */
export function isWorkerTask(record: Pick<TaskRecord, "task" | "taskType">): boolean {
  const { type } = record.task;
  return builtIn(record) === undefined && !STEERING.has(type);
}

function builtIn({ task, taskType }: Pick<TaskRecord, "task" | "taskType">): TaskExecutor | undefined {
  // Of a SIMPLE task the type is its name, which may be that of a built-in one.
  return task.type === "SIMPLE" ? undefined : EXECUTORS.get(taskType);
}

/** Types that steer the flow. */
const STEERING: ReadonlySet<string> = new Set([
  ...["SWITCH", "DECISION", "FORK_JOIN", "FORK_JOIN_DYNAMIC"],
  ...["JOIN", "EXCLUSIVE_JOIN", "DO_WHILE", "TERMINATE"],
]);
