import { packTasks, type CarriedTask, type ExecutionSnapshot } from "../interpreter/carried-execution.js";
import type { CarriedExecution, ExecutionInput } from "../interpreter/execution-input.js";
import { isOpenStatus, isSuccessful } from "../interpreter/task-status.js";

/** They hold tasks or wait for them, so they go on as the attempt that they are. */
const GO_ON: ReadonlySet<string> = new Set(["JOIN", "DO_WHILE"]);

export interface ResumedChild {
  /** Of the SUB_WORKFLOW whose child goes on. */
  readonly taskId: string;
  readonly input: ExecutionInput;
}

/**
 * What a retry carries over: everything stands but the last attempt of each task when it was not successful; another one
 * follows it. A JOIN or DO_WHILE is taken up where it was. Undefined when there is nothing to be tried again.
 */
export function retryPlan(snapshot: ExecutionSnapshot, resumed?: ResumedChild): CarriedExecution | undefined {
  const last = lastAttempts(snapshot.tasks);
  const tasks = snapshot.tasks.map((task) =>
    task.taskId === resumed?.taskId
      ? { ...task, then: "again" as const, child: resumed.input }
      : last.has(task)
        ? retried(task)
        : task,
  );
  if (tasks.every(({ then }) => then === undefined)) return undefined;
  return carriedOf(snapshot, tasks);
}

export function carriedOf(snapshot: ExecutionSnapshot, tasks: readonly CarriedTask[]): CarriedExecution {
  const { createMs, variables, skipped, signals } = snapshot;
  return { createMs, variables, skipped, signals, tasks: packTasks(tasks) };
}

/** Of each task, in the order of `seq`. */
export function lastAttempts(tasks: readonly CarriedTask[]): ReadonlySet<CarriedTask> {
  return new Set(new Map(tasks.map((task) => [task.ref, task])).values());
}

/** The task as a retry has it, when it is the last attempt. */
export function retried(task: CarriedTask): CarriedTask {
  if (isOpenStatus(task.status) || isSuccessful(task.status)) return task;
  return { ...task, then: GO_ON.has(task.taskType) ? "again" : "retry" };
}
