export { eventHandler } from "./definition/event-handler.js";
export type { EventAction, EventHandler } from "./definition/event-handler.js";
export type { SchemaDef } from "./definition/schema-def.js";
export { startWorkflowRequest } from "./definition/start-workflow-request.js";
export type { StartWorkflowRequest } from "./definition/start-workflow-request.js";
export { taskDef } from "./definition/task-def.js";
export type { RetryLogic, TaskDef, TaskTimeoutPolicy } from "./definition/task-def.js";
export { workflowDef, workflowTask } from "./definition/workflow-def.js";
export type {
  IdempotencyStrategy,
  SubWorkflowParams,
  WorkflowDef,
  WorkflowTask,
} from "./definition/workflow-def.js";
