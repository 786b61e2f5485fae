import type { NamedUpdate, UpdateOptions, UpdateWithStartOptions, WorkflowClient } from "@heddle/core";
import type { UpdateHandle } from "@heddle/workflow";
import { AcceptedUpdateHandle } from "./accepted-update-handle.js";
import { nameOf, WorkflowHandle } from "./workflow-handle.js";

/** An update that goes with a start: by handle, which types its input and its result, or by name. */
export type UpdateCall<Input, Result> = UpdateOptions &
  (
    | ({ readonly update: UpdateHandle<Input, Result> } & InputOf<Input>)
    | { readonly update: string; readonly input?: unknown }
  );

type InputOf<Input> = [Input] extends [void]
  ? { readonly input?: undefined }
  : undefined extends Input
    ? { readonly input?: Input }
    : { readonly input: Input };

export interface WorkflowWithUpdate<Output> {
  /** `existing`: an open run has taken the update, or the workflow knew its `updateId`. */
  readonly outcome: "started" | "existing";
  readonly handle: WorkflowHandle<Output>;
}
export interface UpdatedWorkflow<Output, Result> extends WorkflowWithUpdate<Output> {
  /** What the handler of the update returned. */
  readonly result: Result;
}
export interface UpdatingWorkflow<Output, Result> extends WorkflowWithUpdate<Output> {
  readonly update: AcceptedUpdateHandle<Result>;
}

interface Request<Input, Result> {
  readonly type: string;
  readonly input: unknown;
  readonly update: UpdateCall<Input, Result>;
  readonly options: UpdateWithStartOptions;
}

export async function updateWithStart<Output, Input, Result>(
  clientOf: () => Promise<WorkflowClient>,
  { type, input, update, options }: Request<Input, Result>,
): Promise<UpdatedWorkflow<Output, Result>> {
  const { updates } = await clientOf();
  const { outcome, workflowId, runId, result } = await updates.executeWithStart(
    type,
    input,
    named(update),
    options,
  );
  return {
    outcome,
    handle: new WorkflowHandle<Output>(clientOf, workflowId, runId),
    result: result as Result,
  };
}

export async function startUpdateWithStart<Output, Input, Result>(
  clientOf: () => Promise<WorkflowClient>,
  { type, input, update, options }: Request<Input, Result>,
): Promise<UpdatingWorkflow<Output, Result>> {
  const { updates } = await clientOf();
  const started = await updates.startWithStart(type, input, named(update), options);
  return {
    outcome: started.outcome,
    handle: new WorkflowHandle<Output>(clientOf, started.workflowId, started.runId),
    update: new AcceptedUpdateHandle<Result>(clientOf, started.update),
  };
}

function named({
  update,
  ...rest
}: UpdateOptions & { readonly update: { name: string } | string; readonly input?: unknown }): NamedUpdate {
  return { ...rest, name: nameOf(update) };
}
