import { checkReferences } from "./check-references.js";
import { checkTask, type TaskCheckOptions } from "./check-task.js";
import { checkTaskDef } from "./check-task-def.js";
import { eachTask } from "./each-task.js";
import { validationError, type Problem, type ValidationError } from "./validation-error.js";
import type { WorkflowDef } from "./workflow-def.js";

export interface DefinitionCheckOptions extends TaskCheckOptions {
  /** Names of the variables that expressions may read. */
  readonly environmentNames?: Iterable<string>;
  /** Policy of the operator: every definition says who owns it. */
  readonly requireOwnerEmail?: boolean;
  /** Policy of the operator: names of letters, digits, spaces and `_ < > { } # -`. */
  readonly restrictNames?: boolean;
}

const RESTRICTED_NAME = /^[\w<>{}#\s-]+$/;

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
  const { name, ownerEmail } = definition;
  if (options.requireOwnerEmail === true && !ownerEmail) {
    yield { at: ["ownerEmail"], message: "ownerEmail cannot be empty" };
  }
  if (options.restrictNames === true && !RESTRICTED_NAME.test(name)) {
    const message = "WorkflowDef name may hold letters, digits, spaces and _ < > { } # - only";
    yield { at: ["name"], message, value: name };
  }
  const known = new Set(options.environmentNames);
  const names = new Set<string>();
  for (const { task, at } of eachTask(definition.tasks)) {
    const { taskReferenceName } = task;
    if (names.has(taskReferenceName)) {
      const message = `taskReferenceName: ${taskReferenceName} should be unique across tasks for a given workflowDefinition: ${name}`;
      yield { at: [...at, "taskReferenceName"], message, value: taskReferenceName };
    }
    names.add(taskReferenceName);
    known.add(taskReferenceName);
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
