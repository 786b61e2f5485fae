import { isJsonMap, withDefaults, type JsonMap } from "../definition/json-bean.js";
import type { TaskDef } from "../definition/task-def.js";
import type { WorkflowDef, WorkflowTask } from "../definition/workflow-def.js";
import type { ExpressionScope, ExpressionSurroundings } from "./expression-scope.js";
import { resolveTemplate, type SecretPath } from "./resolve.js";

/** The input of a run: what was given, and the `inputTemplate` of the definition for the rest, also when nothing was given. */
export function workflowInput(definition: WorkflowDef, given: JsonMap): JsonMap {
  return withDefaults(given, definition.inputTemplate);
}

/**
 * The input of a task at the moment it is scheduled: its `inputParameters`, filled up with the `inputTemplate` of its task
 * definition and resolved; a key that comes out null gets the value of that template as it is written.
 * Throws as of `resolveTemplate`.
 */
export function taskInput(
  task: Pick<WorkflowTask, "inputParameters">,
  taskDefinition: Pick<TaskDef, "inputTemplate"> | undefined,
  scope: ExpressionScope,
  surroundings?: ExpressionSurroundings,
): { input: JsonMap; secretPaths: readonly SecretPath[] } {
  const inputTemplate = taskDefinition?.inputTemplate ?? {};
  const template = { ...inputTemplate, ...task.inputParameters };
  const { value, secretPaths } = resolveTemplate(template, scope, surroundings);
  const input = isJsonMap(value) ? withDefaults(value, inputTemplate) : {};
  return { input, secretPaths };
}
