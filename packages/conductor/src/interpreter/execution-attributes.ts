import type { Execution } from "./execution.js";
import type { ExecutionInput } from "./execution-input.js";

/** By which lists find executions. */
export const EXECUTION_ATTRIBUTES = {
  workflowType: "string",
  workflowVersion: "number",
  correlationId: "string",
  parentWorkflowId: "string",
  status: "string",
} as const;

const MAX_ATTRIBUTE_BYTES = 256;

export function startAttributes({ definition, correlationId, parentWorkflowId }: ExecutionInput) {
  return {
    workflowType: searchable(definition.name),
    workflowVersion: definition.version,
    correlationId: searchable(correlationId),
    parentWorkflowId: searchable(parentWorkflowId),
  };
}

export function statusAttribute({ status }: Execution) {
  return { status };
}

/** Absent when it is longer than an attribute may be: then it is not found by it. */
function searchable(text: string | undefined): string | undefined {
  if (text === undefined || text.includes("\0")) return undefined;
  return Buffer.byteLength(text) <= MAX_ATTRIBUTE_BYTES ? text : undefined;
}
