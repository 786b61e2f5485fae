import { checkReferences } from "./check-references.js";
import { checkTask, type TaskCheckOptions } from "./check-task.js";
import { checkTaskDef } from "./check-task-def.js";
import { eachTask } from "./each-task.js";
import { validationError, type Problem, type ValidationError } from "./validation-error.js";
import type { WorkflowDef } from "./workflow-def.js";

export interface DefinitionCheckOptions extends TaskCheckOptions {
  /** Names of the variables that expressions may read. */
  readonly environmentNames?: Iterable<string>;
}

/**
 * What registration refuses: reference names given twice, expressions that name nothing (in tasks of the top level),
 * tasks without what their type needs, and timeouts that contradict each other. Empty when the definition is good.
 */
export function checkDefinition(
  definition: WorkflowDef,
  options: DefinitionCheckOptions = {},
): ValidationError[] {
  return Array.from(problemsOf(definition, options), validationError);
}

function* problemsOf(definition: WorkflowDef, options: DefinitionCheckOptions): Generator<Problem> {
  const known = new Set(options.environmentNames);
  const names = new Set<string>();
  for (const { task, at } of eachTask(definition.tasks)) {
    const name = task.taskReferenceName;
    if (names.has(name)) {
      const message = `taskReferenceName: ${name} should be unique across tasks for a given workflowDefinition: ${definition.name}`;
      yield { at: [...at, "taskReferenceName"], message, value: name };
    }
    names.add(name);
    known.add(name);
  }
  for (const { task, at, isTopLevel } of eachTask(definition.tasks)) {
    yield* below(at, checkTask(task, options));
    // Tasks inside others are not looked into, as definitions from elsewhere rely on it.
    if (isTopLevel) yield* checkReferences(task.inputParameters, known, [...at, "inputParameters"]);
    if (task.taskDefinition) yield* below([...at, "taskDefinition"], checkTaskDef(task.taskDefinition));
    const inner = task.subWorkflowParam?.workflowDefinition;
    if (typeof inner === "object") {
      yield* below([...at, "subWorkflowParam", "workflowDefinition"], problemsOf(inner, options));
    }
  }
}

function* below(at: Problem["at"], problems: Iterable<Problem>): Generator<Problem> {
  for (const problem of problems) yield { ...problem, at: [...at, ...problem.at] };
}
