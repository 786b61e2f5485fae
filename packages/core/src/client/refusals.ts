import {
  HeddleError,
  IdempotencyKeyPurgedError,
  StartOrSignalConflictError,
  WorkflowAlreadyExistsError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import type { ControlReply, StartReply } from "../store/accepting-store.js";
import { inboxFullError } from "./inbox-full.js";
import type { StartOptions } from "./start-options.js";

/** `runId`: of the run that the call meant, when neither that nor one that it continued as is current. */
export function notFound(workflowId: string, runId?: string): WorkflowNotFoundError {
  const message =
    runId === undefined
      ? `there is no workflow "${workflowId}"; check the id and the namespace, or whether its retention has passed`
      : `run ${runId} of workflow "${workflowId}" is not the current one; describe the workflow to see which is`;
  return new WorkflowNotFoundError(message, { details: { workflowId, runId } });
}

export function notRunning(
  workflowId: string,
  run: { runId: string; status: string },
): WorkflowNotRunningError {
  return new WorkflowNotRunningError(
    `workflow "${workflowId}" is ${run.status}; a closed run takes no more requests`,
    { details: { workflowId, runId: run.runId, status: run.status } },
  );
}

export function notClosed(workflowId: string, run: { runId: string; status: string }): HeddleError {
  return new HeddleError(
    "WORKFLOW_NOT_CLOSED",
    `workflow "${workflowId}" is ${run.status}; terminate it before it is removed`,
    { details: { workflowId, runId: run.runId, status: run.status } },
  );
}

export function startOrSignalConflict(
  workflowId: string,
  run: { runId: string; status: string },
): StartOrSignalConflictError {
  return new StartOrSignalConflictError(
    `workflow "${workflowId}" is ${run.status}, so it can take no signal; ` +
      `pass onTerminalConflict: "start-new" with both id and signalId to replace it`,
    { details: { workflowId, runId: run.runId, status: run.status } },
  );
}

export function alreadyExists(
  workflowId: string,
  run: { runId: string; status: string; type: string },
): WorkflowAlreadyExistsError {
  return new WorkflowAlreadyExistsError(
    `workflow "${workflowId}" exists already and is ${run.status}; ` +
      `use another id, or set idConflict (open run) or idReuse (closed run)`,
    { details: { workflowId, runId: run.runId, status: run.status, type: run.type } },
  );
}

export function keyPurged(idempotencyKey: string | undefined, workflowId: string): IdempotencyKeyPurgedError {
  return new IdempotencyKeyPurgedError(
    `the workflow of idempotency key ${JSON.stringify(idempotencyKey)} was purged after its retention; ` +
      `the key stays used, so take a new one for new work`,
    { details: { workflowId } },
  );
}

/** Run id of the run that a start found, or why the start is refused. */
export function existingRun(
  workflowId: string,
  options: StartOptions,
  reply: Exclude<StartReply, { outcome: "started" }>,
): string {
  const idempotent = options.idempotencyKey !== undefined;
  switch (reply.outcome) {
    case "open":
      if (idempotent || options.idConflict === "use-existing") return reply.runId;
      throw alreadyExists(workflowId, reply);
    case "closed":
      if (idempotent) return reply.runId;
      throw alreadyExists(workflowId, reply);
    case "purged":
      throw keyPurged(options.idempotencyKey, workflowId);
    case "inbox-full":
      throw inboxFullError(workflowId, reply);
  }
}

/** Throws unless a cancel, terminate, suspend or resume found an open run, of this id if one is given. */
export function applied(workflowId: string, reply: ControlReply, runId?: string): void {
  if (reply.outcome === "not-found") throw notFound(workflowId, runId);
  if (reply.outcome === "closed") throw notRunning(workflowId, reply);
}
