// What an action asks for once the expressions in it have been resolved over the payload of the message.
import type { EventAction } from "../definition/event-handler.js";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { scopeOf } from "../expression/expression-scope.js";
import { resolveTemplate } from "../expression/resolve.js";
import {
  terminateExecution,
  updateState,
  updateTask,
  type TaskUpdate,
} from "../interpreter/execution-messages.js";
import { workflowIdOfTask } from "../interpreter/task-id.js";
import type { EventMessage } from "./event-message.js";
import { expandInlineJson } from "./expand-inline-json.js";

export type EventRequest =
  | {
      readonly kind: "start";
      readonly name: string;
      readonly version: number | undefined;
      readonly input: JsonMap;
      readonly correlationId: string | undefined;
      readonly taskToDomain: Readonly<Record<string, string>> | undefined;
    }
  | {
      /** One of the updates that executions take. */
      readonly kind: "update";
      readonly workflowId: string;
      readonly name: string;
      readonly input: unknown;
    };

/** Throws `PayloadTooLargeError` when the payload makes it too large, and `EventActionError` when it misses something. */
export function eventRequestOf(action: EventAction, message: EventMessage): EventRequest {
  const payload = action.expandInlineJSON ? expandInlineJson(message.payload) : message.payload;
  const scope = scopeOf(payload);
  const resolved = <Template>(template: Template) => resolveTemplate(template, scope).value as Template;
  const origin = {
    "conductor.event.messageId": message.messageId,
    "conductor.event.name": message.event,
  };
  switch (action.action) {
    case "start_workflow": {
      const { name, version, input, correlationId, taskToDomain } = resolved(action.start_workflow);
      return {
        kind: "start",
        ...{ name, version, correlationId: textOf(correlationId) },
        input: { ...input, ...origin },
        taskToDomain: domainsIn({ taskToDomain }) ?? domainsIn(payload),
      };
    }
    case "complete_task":
    case "fail_task": {
      const isDone = action.action === "complete_task";
      const details = resolved(isDone ? action.complete_task : action.fail_task);
      const { output, ...rest } = details;
      const taskId = textOf(rest.taskId);
      const workflowId = textOf(rest.workflowId) ?? (taskId && workflowIdOfTask(taskId));
      const [taskReferenceName, reason] = [textOf(rest.taskRefName), textOf(rest.reasonForIncompletion)];
      const target = { workflowId, taskId, taskRefName: taskReferenceName };
      const update: TaskUpdate = {
        ...(taskId === undefined ? { taskReferenceName } : { taskId }),
        status: isDone ? "COMPLETED" : "FAILED",
        outputData: { ...withoutUndefined(target), ...output, ...origin },
        reasonForIncompletion: reason,
      };
      if (workflowId !== undefined && (taskId ?? taskReferenceName) !== undefined) {
        return { kind: "update", workflowId, name: updateTask.name, input: update };
      }
      throw new EventActionError(
        `${action.action} names no task: it takes taskId, or workflowId and taskRefName; the message gives ` +
          `workflowId ${JSON.stringify(rest.workflowId ?? null)}, taskRefName ${JSON.stringify(rest.taskRefName ?? null)}`,
      );
    }
    case "terminate_workflow": {
      const { workflowId, terminationReason } = resolved(action.terminate_workflow);
      return {
        kind: "update",
        ...{ workflowId: required(workflowId, action.action), name: terminateExecution.name },
        input: { reason: textOf(terminationReason) },
      };
    }
    case "update_workflow_variables": {
      const { workflowId, variables, appendArray } = resolved(action.update_workflow_variables);
      return {
        kind: "update",
        ...{ workflowId: required(workflowId, action.action), name: updateState.name },
        input: { variables, appendsToLists: appendArray },
      };
    }
  }
}

/** An action that cannot be done with this message. */
export class EventActionError extends Error {
  override readonly name = "EventActionError";
}

function required(workflowId: unknown, action: string): string {
  const text = textOf(workflowId);
  if (text !== undefined) return text;
  throw new EventActionError(`${action} names no workflow: the message gives ${JSON.stringify(workflowId)}`);
}

/** An expression makes any value of a field that is declared as text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Domains travel with the messages of EVENT tasks. */
function domainsIn({ taskToDomain }: JsonMap): Record<string, string> | undefined {
  if (!isJsonMap(taskToDomain)) return undefined;
  const domains = Object.entries(taskToDomain).filter(([, domain]) => typeof domain === "string");
  return domains.length === 0 ? undefined : (Object.fromEntries(domains) as Record<string, string>);
}

function withoutUndefined(values: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
