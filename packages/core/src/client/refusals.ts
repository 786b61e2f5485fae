import {
  IdempotencyKeyPurgedError,
  WorkflowAlreadyExistsError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import type { ControlReply, StartReply } from "../store/accepting-store.js";
import { inboxFullError } from "./inbox-full.js";
import type { StartOptions } from "./start-options.js";

export function notFound(workflowId: string): WorkflowNotFoundError {
  return new WorkflowNotFoundError(
    `there is no workflow "${workflowId}"; check the id and the namespace, or whether its retention has passed`,
    { details: { workflowId } },
  );
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

/** Throws unless a cancel, terminate, suspend or resume found an open run. */
export function applied(workflowId: string, reply: ControlReply): void {
  if (reply.outcome === "not-found") throw notFound(workflowId);
  if (reply.outcome === "closed") throw notRunning(workflowId, reply);
}
