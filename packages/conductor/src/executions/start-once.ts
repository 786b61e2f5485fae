import type { StartOptions, WorkflowClient } from "@heddle/core";
import { WorkflowAlreadyExistsError } from "@heddle/protocol";
import type { StartWorkflowRequest } from "../definition/start-workflow-request.js";
import type { IdempotencyStrategy } from "../definition/workflow-def.js";
import { executionIdOf } from "../interpreter/execution-id.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "../interpreter/execution-input.js";

const POLICIES: Readonly<Record<IdempotencyStrategy, StartOptions>> = {
  FAIL: { idConflict: "fail", idReuse: "reject" },
  RETURN_EXISTING: { idConflict: "use-existing", idReuse: "reject" },
  FAIL_ON_RUNNING: { idConflict: "fail", idReuse: "allow" },
};

/**
 * Starts an execution, or finds the one that its idempotency key has started, as long as that is kept; one atomic step.
 * Throws `WorkflowAlreadyExistsError` as its strategy says.
 */
export async function startOnce(
  client: WorkflowClient,
  input: ExecutionInput,
  { name, idempotencyKey = "", idempotencyStrategy = "RETURN_EXISTING" }: StartWorkflowRequest,
): Promise<string> {
  if (idempotencyKey === "") return (await client.start(CONDUCTOR_WORKFLOW, input)).workflowId;
  const id = executionIdOf(name, idempotencyKey);
  try {
    await client.start(CONDUCTOR_WORKFLOW, input, { id, ...POLICIES[idempotencyStrategy] });
  } catch (error) {
    if (!(error instanceof WorkflowAlreadyExistsError)) throw error;
    if (idempotencyStrategy !== "RETURN_EXISTING") throw keyUsed(error, { name, idempotencyKey, id });
  }
  return id;
}

function keyUsed(
  { details }: WorkflowAlreadyExistsError,
  { name, idempotencyKey, id }: { name: string; idempotencyKey: string; id: string },
): WorkflowAlreadyExistsError {
  return new WorkflowAlreadyExistsError(
    `idempotencyKey ${JSON.stringify(idempotencyKey)} has started workflow ${id} of ${name} already, which is ${String(details["status"])}; ` +
      "take another key, or idempotencyStrategy RETURN_EXISTING to get its id",
    { details: { ...details, field: "idempotencyKey" } },
  );
}
