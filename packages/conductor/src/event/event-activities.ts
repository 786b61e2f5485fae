import type { WorkflowClient } from "@heddle/core";
import { activity, type AnyActivity } from "@heddle/workflow";
import { SYSTEM_TASK_QUEUE } from "../system/system-task-activities.js";
import {
  EVENT_ACTIVITIES,
  type FindEventHandlersCall,
  type FoundEventHandlers,
  type UpdateFromEventCall,
} from "./event-workflow.js";

export interface EventActivityOptions {
  readonly client: Pick<WorkflowClient, "updates">;
  /** The active handlers of an event. */
  readonly findHandlers: (event: string) => Promise<FoundEventHandlers["handlers"]>;
  /** The execution that a task belongs to. Throws `TaskNotFoundError`. */
  readonly workflowOfTask: (taskId: string) => Promise<string>;
  /** Variables that the operator gives to expressions of the executions that actions start. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** What runs of `conductor.event` reach outside of themselves, as activities of the queue `conductor.system`. */
export function eventActivities(options: EventActivityOptions): AnyActivity[] {
  const { client, findHandlers, workflowOfTask, environment } = options;
  return [
    activity({
      name: EVENT_ACTIVITIES.findEventHandlers,
      queue: SYSTEM_TASK_QUEUE,
      execute: async ({ event }: FindEventHandlersCall): Promise<FoundEventHandlers> => ({
        handlers: await findHandlers(event),
        environment,
      }),
    }),
    activity({
      name: EVENT_ACTIVITIES.updateFromEvent,
      queue: SYSTEM_TASK_QUEUE,
      execute: async (
        { target, name, input, updateId }: UpdateFromEventCall,
        { signal },
      ): Promise<unknown> => {
        const workflowId = "taskId" in target ? await workflowOfTask(target.taskId) : target.workflowId;
        return client.updates.execute(workflowId, name, input, { updateId, signal });
      },
    }),
  ];
}
