import { taskDef, type TaskDef } from "./task-def.js";
import type { WorkflowTask } from "./workflow-def.js";

/**
 * The definition of a task for which none is registered. Of the type SIMPLE it has the usual defaults, so it is retried;
 * every other type is tried once and is never timed out for want of updates.
 */
export function adHocTaskDef({ name, type }: Pick<WorkflowTask, "name" | "type">): TaskDef {
  const usual = taskDef.parse({ name });
  return type === "SIMPLE" ? usual : { ...usual, retryCount: 0, responseTimeoutSeconds: 0 };
}
