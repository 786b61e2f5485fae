import type { WorkflowClient } from "@heddle/core";
import {
  ERROR_CATALOGUE,
  HeddleError,
  heddleErrorOf,
  UpdateNotFoundError,
  UpdateRejectedError,
  type ErrorCode,
} from "@heddle/protocol";
import type { UpdateHandle } from "@heddle/workflow";
import { noSuchExecution } from "./no-such-execution.js";

/** Who waits longer asks again: the update goes on, and is applied once. */
const LONGEST_WAIT_MS = 30_000;

const CODES = new Map<string, ErrorCode>(
  Object.entries(ERROR_CATALOGUE).map(([code, { name }]) => [name, code as ErrorCode]),
);

/**
 * Has the execution take an update. What it is rejected for is thrown as the error that it is; `OUTCOME_UNKNOWN` when nobody has
 * taken it in time.
 */
export async function updateRun<In, Out>(
  client: WorkflowClient,
  { workflowId, update, input, updateId }: UpdateCall<In, Out>,
): Promise<Out> {
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  try {
    return (await client.updates.execute(workflowId, update.name, input, { updateId, signal })) as Out;
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw notTaken(workflowId);
    // A workflow of another type.
    if (error instanceof UpdateNotFoundError) throw noSuchExecution(workflowId);
    throw error instanceof UpdateRejectedError ? reasonOf(error) : error;
  }
}

interface UpdateCall<In, Out> {
  readonly workflowId: string;
  readonly update: UpdateHandle<In, Out>;
  readonly input: In;
  /** The same when the call is repeated: it is applied once, and answered alike. */
  readonly updateId?: string | undefined;
}

function reasonOf(rejection: UpdateRejectedError): HeddleError {
  const { name, message } = rejection.cause as Error;
  const code = CODES.get(name);
  if (code === undefined) return rejection;
  return heddleErrorOf(code, message, { details: rejection.details, cause: rejection }) ?? rejection;
}

function notTaken(workflowId: string): HeddleError {
  return new HeddleError(
    "OUTCOME_UNKNOWN",
    `workflow ${workflowId} has accepted the request, and no coordinator has carried it out within ${LONGEST_WAIT_MS / 1_000} s; look whether it is done before it is repeated`,
    { details: { workflowId } },
  );
}
