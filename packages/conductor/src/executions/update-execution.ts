import type { WorkflowClient } from "@heddle/core";
import { HeddleError, NotResettableError, UpdateRejectedError } from "@heddle/protocol";
import type { UpdateHandle } from "@heddle/workflow";

/**
 * Has the code of an open execution take an update. What it refuses is told by its own error, where the code has one.
 * With an `updateId` a repetition is answered alike and changes nothing.
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
    if (error.cause instanceof HeddleError) throw error.cause;
    throw new NotResettableError(error.message, { details: error.details, cause: error.cause });
  }
}
