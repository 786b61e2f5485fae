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
  return {
    "workflow-def": jsonSchemaOf(SCHEMAS["workflow-def"]),
    "task-def": jsonSchemaOf(SCHEMAS["task-def"]),
    "start-workflow-request": jsonSchemaOf(SCHEMAS["start-workflow-request"]),
    "event-handler": jsonSchemaOf(SCHEMAS["event-handler"]),
  };
}

function jsonSchemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves out the default of what is read from text as well.
      const { def } = zodSchema._zod;
      if (def.type === "default") jsonSchema.default ??= def.defaultValue as typeof jsonSchema.default;
    },
  });
}
