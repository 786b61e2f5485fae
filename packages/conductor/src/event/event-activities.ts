import type { WorkflowClient } from "@heddle/core";
import { activity, type AnyActivity } from "@heddle/workflow";
import type { EventHandlerStore } from "../metadata/event-handler-store.js";
import { SYSTEM_TASK_QUEUE } from "../system/system-task-activities.js";
import {
  EVENT_ACTIVITIES,
  type FindEventHandlersCall,
  type FoundEventHandlers,
  type UpdateFromEventCall,
} from "./event-workflow.js";

export interface EventActivityOptions {
  readonly client: Pick<WorkflowClient, "updates">;
  readonly handlers: EventHandlerStore;
  /** Variables that the operator gives to expressions of the executions that actions start. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** What runs of `conductor.event` reach outside of themselves, as activities of the queue `conductor.system`. */
export function eventActivities(options: EventActivityOptions): AnyActivity[] {
  const { client, handlers, environment } = options;
  return [
    activity({
      name: EVENT_ACTIVITIES.findEventHandlers,
      queue: SYSTEM_TASK_QUEUE,
      execute: async ({ event }: FindEventHandlersCall): Promise<FoundEventHandlers> => ({
        handlers: await handlers.list({ event, activeOnly: true }),
        environment,
      }),
    }),
    activity({
      name: EVENT_ACTIVITIES.updateFromEvent,
      queue: SYSTEM_TASK_QUEUE,
      execute: async (
        { workflowId, name, input, updateId }: UpdateFromEventCall,
        { signal },
      ): Promise<unknown> => client.updates.execute(workflowId, name, input, { updateId, signal }),
    }),
  ];
}
