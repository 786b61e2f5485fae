import type { WorkflowTask } from "../definition/workflow-def.js";
import { callSystem, DEFINITION_ACTIVITIES, type FoundTaskDefinitions } from "./system-calls.js";
import type { Code, Flow } from "./task-executor.js";

/** Tasks that were made while the execution runs, with the task definitions registered for them now. */
export function* withTaskDefinitions(flow: Flow, tasks: readonly WorkflowTask[]): Code<WorkflowTask[]> {
  const names = [
    ...new Set(tasks.filter(({ taskDefinition }) => taskDefinition === undefined).map(({ name }) => name)),
  ];
  if (names.length === 0) return [...tasks];
  const found = (yield* callSystem(flow, DEFINITION_ACTIVITIES.findTaskDefinitions, {
    names,
  })) as FoundTaskDefinitions;
  return tasks.map((task) => {
    const taskDefinition = Object.hasOwn(found, task.name) ? found[task.name] : undefined;
    return task.taskDefinition === undefined && taskDefinition !== undefined
      ? { ...task, taskDefinition }
      : task;
  });
}
