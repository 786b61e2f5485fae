import type { JsonMap } from "../definition/json-bean.js";
import type { Execution } from "./execution.js";
import type { ExecutionInput } from "./execution-input.js";

/** By which lists find executions. */
export const EXECUTION_ATTRIBUTES = {
  workflowType: "string",
  workflowVersion: "number",
  correlationId: "string",
  parentWorkflowId: "string",
  /** True for what is nobody's sub-workflow; otherwise absent. */
  topLevel: "boolean",
  /** `metadata.classifier` of the definition. */
  classifier: "string",
  status: "string",
  endTime: "date",
} as const;

const MAX_ATTRIBUTE_BYTES = 256;

/** What an execution is found by from its start on: whoever starts one may give them, so that it is found at once. */
export function startAttributes({ definition, correlationId, parentWorkflowId }: ExecutionInput) {
  // Whoever starts one by the engine need not have read the definition by its schema.
  const { classifier } = (definition.metadata as JsonMap | undefined) ?? {};
  return {
    workflowVersion: definition.version,
    status: "RUNNING",
    ...searchable("workflowType", definition.name),
    ...searchable("correlationId", correlationId),
    ...searchable("classifier", classifier),
    ...(parentWorkflowId === undefined
      ? { topLevel: true }
      : searchable("parentWorkflowId", parentWorkflowId)),
  };
}

export function statusAttributes({ status, endMs }: Execution) {
  return endMs === undefined ? { status } : { status, endTime: new Date(endMs) };
}

/** Nothing when it is longer than an attribute may be: then it is not found by it. */
export function searchable<Name extends string>(name: Name, text: unknown): Partial<Record<Name, string>> {
  const isOne = typeof text === "string" && text.isWellFormed() && !text.includes("\0");
  if (!isOne || Buffer.byteLength(text) > MAX_ATTRIBUTE_BYTES) return {};
  return { [name]: text } as Record<Name, string>;
}
