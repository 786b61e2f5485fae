import type { WorkflowClient } from "@heddle/core";
import { InvalidArgumentError, UpdateRejectedError, WorkflowNotRunningError } from "@heddle/protocol";
import type { UpdateHandle } from "@heddle/workflow";

/**
 * Has the code of an open execution take an update. What it refuses is `InvalidArgumentError` when the input is to blame,
 * else `WorkflowNotRunningError`. With an `updateId` a repetition is answered alike and changes nothing.
 */
export async function updateExecution<Input, Output>(
  client: WorkflowClient,
  workflowId: string,
  update: UpdateHandle<Input, Output>,
  input: Input,
  { updateId }: { readonly updateId?: string | undefined } = {},
): Promise<Output> {
  try {
    return (await client.updates.execute(workflowId, update.name, input, { updateId })) as Output;
  } catch (error) {
    if (!(error instanceof UpdateRejectedError)) throw error;
    const { name, message } = error.cause instanceof Error ? error.cause : error;
    const refusal = name === "InvalidArgumentError" ? InvalidArgumentError : WorkflowNotRunningError;
    throw new refusal(message, { details: { workflowId }, cause: error });
  }
}
