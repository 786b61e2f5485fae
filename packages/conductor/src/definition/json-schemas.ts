import { z } from "zod";
import { eventHandler } from "./event-handler.js";
import { startWorkflowRequest } from "./start-workflow-request.js";
import { taskDef } from "./task-def.js";
import { workflowDef } from "./workflow-def.js";

const SCHEMAS = {
  "workflow-def": workflowDef,
  "task-def": taskDef,
  "start-workflow-request": startWorkflowRequest,
  "event-handler": eventHandler,
} as const;

/**
 * JSON Schemas (2020-12) of what is taken, by name, for editors and other languages. They describe the fields; what fields
 * must be to each other is checked when a definition is registered.
 */
export function definitionJsonSchemas(): Record<keyof typeof SCHEMAS, object> {
  const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input" });
  return {
    "workflow-def": schemaOf(SCHEMAS["workflow-def"]),
    "task-def": schemaOf(SCHEMAS["task-def"]),
    "start-workflow-request": schemaOf(SCHEMAS["start-workflow-request"]),
    "event-handler": schemaOf(SCHEMAS["event-handler"]),
  };
}
