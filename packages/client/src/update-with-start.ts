import { assertName, assertUpdateId, assertWorkflowType } from "@heddle/protocol";
import type { UpdateHandle } from "@heddle/workflow";
import { AcceptedUpdateHandle } from "./accepted-update-handle.js";
import type { CallOptions, RunTimeoutOptions, StartOptions, UpdateOptions } from "./call-options.js";
import { withWorkflowId } from "./call-parameters.js";
import { apiPath } from "./http/path.js";
import { randomId } from "./http/random-id.js";
import type { Call } from "./http/transport.js";
import { type SearchOptions, withoutDates } from "./search-options.js";
import { UPDATE_WAIT_MS } from "./update-call.js";
import type { WorkflowCalls } from "./workflow-calls.js";
import { nameOf, WorkflowHandle } from "./workflow-handle.js";

/** An update that goes with a start: by handle, which types its input and its result, or by name. */
export type UpdateCall<Input, Result> = Pick<UpdateOptions, "updateId"> &
  (
    | ({ readonly update: UpdateHandle<Input, Result> } & InputOf<Input>)
    | { readonly update: string; readonly input?: unknown }
  );

type InputOf<Input> = [Input] extends [void]
  ? { readonly input?: undefined }
  : undefined extends Input
    ? { readonly input?: Input }
    : { readonly input: Input };

export interface UpdateWithStartOptions
  extends
    CallOptions,
    RunTimeoutOptions,
    SearchOptions,
    Pick<StartOptions, "id" | "idempotencyKey" | "idReuse"> {
  /** When an open run has the id. Default `use-existing`. A run that knows the `updateId` is found in any case. */
  readonly idConflict?: "use-existing" | "fail" | undefined;
}

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
  calls: WorkflowCalls,
  request: Request<Input, Result>,
): Promise<UpdatedWorkflow<Output, Result>> {
  const { body } = await calls.sendUntil(200, callOf(request, "completed"));
  return {
    outcome: body.oneOf("outcome", ["started", "existing"]),
    handle: new WorkflowHandle<Output>(calls, body.text("id"), body.text("runId")),
    result: body.get("result") as Result,
  };
}

export async function startUpdateWithStart<Output, Input, Result>(
  calls: WorkflowCalls,
  request: Request<Input, Result>,
): Promise<UpdatingWorkflow<Output, Result>> {
  const isAccepted = (reply: { body: { get(field: string): unknown } }): boolean =>
    reply.body.get("status") === "accepted";
  const { body } = await calls.sendUntil(202, callOf(request, "accepted"), isAccepted);
  const [workflowId, runId] = [body.text("id"), body.text("runId")];
  const found = { workflowId, runId, firstRunId: body.text("firstRunId"), updateId: body.text("updateId") };
  return {
    outcome: body.oneOf("outcome", ["started", "existing"]),
    handle: new WorkflowHandle<Output>(calls, workflowId, runId),
    update: new AcceptedUpdateHandle<Result>(calls, found),
  };
}

/** The same ids at every try: the workflow's and the update's, or the key that names both. */
function callOf<Input, Result>(
  { type, input, update, options }: Request<Input, Result>,
  waitFor: "accepted" | "completed",
): Call {
  assertWorkflowType(type);
  const { signal, attributes, ...rest } = options;
  const named = withWorkflowId(rest);
  const name = nameOf(update.update);
  assertName(name, "update name");
  const { updateId = named.idempotencyKey === undefined ? randomId() : undefined } = update;
  if (updateId !== undefined) assertUpdateId(updateId);
  return {
    method: "POST",
    path: apiPath("workflows", "start-with-update"),
    body: {
      ...{ type, input, ...named, attributes: withoutDates(attributes) },
      update: { name, input: update.input, updateId, waitFor },
    },
    details: { workflowId: named.id, idempotencyKey: named.idempotencyKey, updateId },
    applies: "once",
    waitMs: UPDATE_WAIT_MS,
    signal,
  };
}
