import type { JsonMap } from "../definition/json-bean.js";
import { isJsonMap } from "../definition/json-bean.js";
import { eachTask } from "../definition/each-task.js";
import { tasksByName, type CarriedTask, type ExecutionSnapshot } from "../interpreter/carried-execution.js";
import type { CarriedExecution } from "../interpreter/execution-input.js";
import { carriedOf, lastAttempts, retried } from "./retry-plan.js";

/**
 * What a rerun carries over: the attempts before the task, and the task itself, which is made again as the same record
 * with the input that it had, or another one. What waited for it then (a JOIN, the loop that it is in) waits again, and
 * what failed beside it is tried again.
 */
export function rerunPlan(
  snapshot: ExecutionSnapshot,
  target: CarriedTask,
  taskInput?: JsonMap,
): CarriedExecution {
  const kept = snapshot.tasks.filter(({ seq }) => seq <= target.seq);
  const last = lastAttempts(kept);
  const tasks = kept.map((task): CarriedTask => {
    if (task === target) return { ...task, ...inputOf(task, taskInput), output: {}, then: "again" };
    if (!last.has(task)) return task;
    if (task.taskType === "JOIN") return { ...task, output: {}, then: "again" };
    if (task.taskType === "DO_WHILE" && (task.endMs ?? Number.POSITIVE_INFINITY) >= target.scheduledMs) {
      return { ...task, output: loopOutput(task, snapshot, kept), then: "again" };
    }
    return retried(task);
  });
  const { [target.ref]: _ref, [target.name]: _name, ...skipped } = snapshot.skipped;
  return carriedOf({ ...snapshot, skipped }, tasks);
}

function inputOf(task: CarriedTask, taskInput: JsonMap | undefined): Partial<CarriedTask> {
  // It is data: nothing in it names a secret.
  if (taskInput !== undefined) return { input: taskInput, secretPaths: [] };
  const { workflowInput } = task.input;
  // What a SUB_WORKFLOW was given; another child is made for it.
  if (task.taskType === "SUB_WORKFLOW" && isJsonMap(workflowInput)) {
    return { input: workflowInput, subWorkflowId: undefined };
  }
  return {};
}

/** Of a loop that is taken up again: the outputs of the iterations before the one that its last task is in. */
function loopOutput(loop: CarriedTask, { start }: ExecutionSnapshot, kept: readonly CarriedTask[]): JsonMap {
  const definition = loop.task ?? tasksByName(start.definition).get(loop.name);
  const names = new Set(
    Array.from(eachTask(definition?.loopOver ?? []), ({ task }) => task.taskReferenceName),
  );
  const prefix = `${loop.ref.slice(loop.name.length)}__`;
  const iterations = kept.flatMap(({ name, ref }) => {
    const suffix = ref.slice(name.length);
    return names.has(name) && suffix.startsWith(prefix)
      ? [Number.parseInt(suffix.slice(prefix.length), 10)]
      : [];
  });
  const iteration = Math.max(1, ...iterations);
  const before = Object.entries(loop.output).filter(([key]) => Number(key) < iteration);
  return { ...Object.fromEntries(before), iteration };
}
