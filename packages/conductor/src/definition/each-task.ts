import type { FieldPath } from "./validation-error.js";
import type { WorkflowTask } from "./workflow-def.js";

export interface PlacedTask {
  readonly task: WorkflowTask;
  /** From the definition, as in `tasks[0].decisionCases.yes[1]`. */
  readonly at: FieldPath;
  readonly isTopLevel: boolean;
}

/**
 * Every task of a definition, the nested ones behind the one that holds them. Tasks of an inline sub-workflow are another
 * definition's.
 */
export function* eachTask(tasks: readonly WorkflowTask[], at: FieldPath = ["tasks"]): Generator<PlacedTask> {
  for (const [index, task] of tasks.entries()) {
    const here = [...at, index];
    yield { task, at: here, isTopLevel: at.length === 1 };
    for (const [name, list] of Object.entries(task.decisionCases)) {
      yield* eachTask(list, [...here, "decisionCases", name]);
    }
    yield* eachTask(task.defaultCase, [...here, "defaultCase"]);
    for (const [branch, list] of task.forkTasks.entries()) {
      yield* eachTask(list, [...here, "forkTasks", branch]);
    }
    yield* eachTask(task.loopOver, [...here, "loopOver"]);
  }
}
