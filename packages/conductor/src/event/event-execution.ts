import type { EventAction, EventHandler } from "../definition/event-handler.js";
import type { JsonMap } from "../definition/json-bean.js";
import type { EventMessage } from "./event-message.js";

export type EventExecutionStatus = "IN_PROGRESS" | "COMPLETED" | "FAILED" | "SKIPPED";

/** What became of one action of one handler, as Conductor tells it. */
export interface EventExecution {
  /** `<message id>_<index of the action>`. */
  readonly id: string;
  readonly messageId: string;
  /** Of the handler. */
  readonly name: string;
  readonly event: string;
  readonly created: number;
  /** Absent when the condition of the handler did not hold or failed: then no action was tried. */
  readonly action?: EventAction["action"];
  status: EventExecutionStatus;
  output: JsonMap;
}

export function newEventExecution(
  { messageId, event }: EventMessage,
  handler: EventHandler,
  at: { readonly index: number; readonly nowMs: number; readonly action?: EventAction["action"] },
): EventExecution {
  const { index, nowMs, action } = at;
  return {
    ...{ id: `${messageId}_${index}`, messageId, name: handler.name, event, created: nowMs },
    ...(action === undefined ? {} : { action }),
    ...{ status: "IN_PROGRESS", output: {} },
  };
}
