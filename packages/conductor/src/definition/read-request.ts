// JSON from outside → the typed thing, or one error that names every field that is wrong.
import type { z } from "zod";
import { checkDefinition, type DefinitionCheckOptions } from "./check-definition.js";
import { checkEventHandler } from "./check-event-handler.js";
import { checkTaskDef } from "./check-task-def.js";
import { eventHandler, type EventHandler } from "./event-handler.js";
import { jsonProblem } from "./json-problem.js";
import { startWorkflowRequest, type StartWorkflowRequest } from "./start-workflow-request.js";
import { taskDef, type TaskDef } from "./task-def.js";
import {
  ValidationFailedError,
  validationError,
  type Problem,
  type ValidationError,
} from "./validation-error.js";
import { workflowDef, type WorkflowDef } from "./workflow-def.js";
import { workflowSchedule, type WorkflowSchedule } from "./workflow-schedule.js";

/**
 * A definition with every default filled in, checked as for registration.
 * Throws `ValidationFailedError`.
 */
export function readWorkflowDef(json: unknown, options?: DefinitionCheckOptions): WorkflowDef {
  const definition = readBean("workflow definition", workflowDef, json);
  refuse("workflow definition", checkDefinition(definition, options));
  return definition;
}

/** As `readWorkflowDef`. */
export function readTaskDef(json: unknown): TaskDef {
  const definition = readBean("task definition", taskDef, json);
  refuse("task definition", Array.from(checkTaskDef(definition), validationError));
  return definition;
}

/** As `readWorkflowDef`; a definition in the request is checked as well. */
export function readStartWorkflowRequest(
  json: unknown,
  options?: DefinitionCheckOptions,
): StartWorkflowRequest {
  const request = readBean("start request", startWorkflowRequest, json);
  const { workflowDef: definition } = request;
  const errors = definition === undefined ? [] : checkDefinition(definition, options);
  refuse(
    "start request",
    errors.map((error) => ({ ...error, path: `workflowDef.${error.path}` })),
  );
  return request;
}

/** As `readWorkflowDef`. */
export function readEventHandler(json: unknown): EventHandler {
  const handler = readBean("event handler", eventHandler, json);
  refuse("event handler", Array.from(checkEventHandler(handler), validationError));
  return handler;
}

/** As `readWorkflowDef`; the request that it starts is not checked as `readStartWorkflowRequest` checks one. */
export function readWorkflowSchedule(json: unknown): WorkflowSchedule {
  return readBean("schedule", workflowSchedule, json);
}

/** Any other body, by its schema. Throws `ValidationFailedError`. */
export function readBean<Thing>(what: string, schema: z.ZodType<Thing>, json: unknown): Thing {
  const unreadable = jsonProblem(json);
  if (unreadable !== undefined) refuse(what, [validationError(unreadable)]);
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  refuse(what, result.error.issues.flatMap((issue) => problemsOf(issue, [], json)).map(validationError));
  throw result.error;
}

function problemsOf(issue: z.core.$ZodIssue, above: Problem["at"], json: unknown): Problem[] {
  const at = [...above, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of the forms that a field may have, the one that got furthest is the one that was meant.
    const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map(({ path }) => path.length));
    const meant = issue.errors.reduce((best, form) => (depth(form) > depth(best) ? form : best));
    if (depth(meant) > 0) return meant.flatMap((inner) => problemsOf(inner, at, json));
  }
  return [{ at, message: issue.message, value: valueAt(json, at) }];
}

function valueAt(json: unknown, at: Problem["at"]): unknown {
  return at.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    json,
  );
}

function refuse(what: string, errors: readonly ValidationError[]): void {
  if (errors.length > 0) throw new ValidationFailedError(what, errors);
}
