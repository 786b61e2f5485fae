import type { EventHandler } from "./event-handler.js";
import type { Problem } from "./validation-error.js";

/** Messages and handlers are found by these, which are no longer than a search attribute may be. */
const MAX_NAME_BYTES = 256;

/** What the fields of an event handler must be to each other. */
export function* checkEventHandler(handler: EventHandler): Generator<Problem> {
  for (const field of ["name", "event"] as const) {
    const value = handler[field];
    if (Buffer.byteLength(value) > MAX_NAME_BYTES)
      yield { at: [field], message: `must not be longer than ${MAX_NAME_BYTES} bytes`, value };
  }
  for (const [index, action] of handler.actions.entries()) {
    if (action.action !== "complete_task" && action.action !== "fail_task") continue;
    const { taskId, workflowId, taskRefName } =
      action.action === "complete_task" ? action.complete_task : action.fail_task;
    if (isGiven(taskId) || (isGiven(workflowId) && isGiven(taskRefName))) continue;
    const message = "names its task by taskId, or by workflowId and taskRefName";
    yield { at: ["actions", index, action.action], message };
  }
}

function isGiven(text: string | undefined): boolean {
  return text !== undefined && text !== "";
}
