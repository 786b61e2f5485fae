import { InvalidArgumentError } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";

/** Checks an input with the workflow's own schema, before anything is written; returns what the schema made of it. */
export async function validateInput(workflow: AnyWorkflow, input: unknown): Promise<unknown> {
  if (workflow.inputSchema === undefined) return input;
  const result = await workflow.inputSchema["~standard"].validate(input);
  if (result.issues === undefined) return result.value;
  const problems = result.issues.map(
    ({ path, message }) => `${path?.map(segment).join(".") ?? "input"}: ${message}`,
  );
  throw new InvalidArgumentError(
    `the input of workflow "${workflow.name}" is not valid: ${problems.join("; ")}`,
    {
      details: { type: workflow.name, field: "input" },
    },
  );
}

/** A path segment of Standard Schema is a key, or an object that holds one. */
function segment(part: unknown): string {
  return typeof part === "object" && part !== null && "key" in part ? String(part.key) : String(part);
}
