import {
  CorruptRecordError,
  decodeHistoryRecord,
  decodePayload,
  errorOf,
  failureSchema,
  UpdateFailedError,
  UpdateNotCompletedError,
  UpdateNotFoundError,
  UpdateRejectedError,
  UpdateResultForgottenError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import type { UpdateReply } from "../store/update-requests.js";
import { inboxFullError } from "./inbox-full.js";
import { assertKnownOptions } from "./naming.js";
import { notFound, notRunning } from "./refusals.js";

export interface UpdateOptions {
  /**
   * 1 to 128 bytes, opaque; deduplicates and re-attaches for the life and retention of the run, over all update names:
   * pass the same one when the request is repeated.
   */
  readonly updateId?: string | undefined;
  /** Ends the wait, not the update. */
  readonly signal?: AbortSignal;
}

/** An update that a workflow accepted. */
export interface AcceptedUpdate {
  readonly workflowId: string;
  readonly runId: string;
  /** The first of the chain of runs that it belongs to. */
  readonly firstRunId: string;
  readonly updateId: string;
}

/** Throws `InvalidArgumentError` for unknown options. */
export function assertUpdateOptions(options: UpdateOptions): void {
  assertKnownOptions(options, ["updateId", "signal"], "update");
}

interface Asked {
  readonly workflowId: string;
  readonly updateId: string;
}

/** The accepted update, or the typed error of one that was not. One that failed was accepted. */
export function acceptedUpdateOf(asked: Asked, reply: UpdateReply): AcceptedUpdate {
  const { workflowId, updateId } = asked;
  switch (reply.outcome) {
    case "accepted":
    case "completed":
    case "forgotten":
    case "abandoned":
      if (reply.outcome === "abandoned" && !reply.accepted) throw errorFor(asked, reply);
      return { workflowId, runId: reply.runId, firstRunId: reply.firstRunId, updateId };
    default:
      throw errorFor(asked, reply);
  }
}

/** What the handler returned, or a typed error. */
export function updateResultOf(asked: Asked, reply: UpdateReply): unknown {
  if (reply.outcome !== "completed") throw errorFor(asked, reply);
  const { workflowId, updateId } = asked;
  const record = decodeHistoryRecord(reply.record);
  if ("updateId" in record && record.updateId === updateId) {
    if (record.kind === "update-completed") return decodePayload(record.result);
    if (record.kind === "update-failed") {
      throw new UpdateFailedError(
        `update "${updateId}" of workflow "${workflowId}" failed: ${record.failure.message}`,
        { details: { workflowId, updateId, runId: reply.runId }, cause: errorOf(record.failure) },
      );
    }
  }
  throw new CorruptRecordError(`the completion of update "${updateId}" is a record of ${record.kind}`, {
    details: { workflowId, updateId },
  });
}

function errorFor(asked: Asked, reply: Exclude<UpdateReply, { outcome: "completed" }>): Error {
  const { workflowId, updateId } = asked;
  switch (reply.outcome) {
    case "not-found":
      return notFound(workflowId);
    case "closed":
      return notRunning(workflowId, reply);
    case "suspended":
      return new WorkflowNotRunningError(
        `workflow "${workflowId}" is suspended and takes no updates; resume it, then repeat the update`,
        { details: { workflowId, runId: reply.runId, status: "suspended" } },
      );
    case "inbox-full":
      return inboxFullError(workflowId, reply);
    case "rejected":
      return rejection(asked, reply);
    case "forgotten":
      return new UpdateResultForgottenError(
        `update "${updateId}" was completed by an earlier run of workflow "${workflowId}", which continued as new ` +
          `without its result; do not repeat it under another id, ask the workflow what became of it`,
        { details: { workflowId, updateId, runId: reply.runId } },
      );
    case "abandoned":
      return new UpdateNotCompletedError(
        (reply.status === "continued"
          ? `a run of workflow "${workflowId}" continued as new, or was reset, before update "${updateId}" was `
          : `workflow "${workflowId}" is ${reply.status}; it closed before update "${updateId}" was `) +
          (reply.accepted ? "completed" : "accepted"),
        {
          details: {
            workflowId,
            updateId,
            runId: reply.runId,
            status: reply.status,
            accepted: reply.accepted,
          },
        },
      );
    case "gone":
      return new UpdateNotCompletedError(
        `the run of workflow "${workflowId}" that update "${updateId}" was sent to is gone: replaced or purged`,
        { details: { workflowId, updateId } },
      );
    case "admitted":
    case "accepted":
      throw new TypeError(`update "${updateId}" is ${reply.outcome}, which nobody waited for`);
  }
}

function rejection(asked: Asked, reply: Extract<UpdateReply, { outcome: "rejected" }>): Error {
  const { workflowId, updateId } = asked;
  const failure = failureSchema.parse(decodePayload(reply.failure));
  const details = { workflowId, updateId, runId: reply.runId };
  const cause = errorOf(failure);
  if (failure.name === UpdateNotFoundError.name) {
    const known = knownOf(failure.details);
    return new UpdateNotFoundError(failure.message, { details: { ...details, known } });
  }
  return new UpdateRejectedError(
    `workflow "${workflowId}" rejected update "${updateId}": ${failure.message}`,
    { details, cause },
  );
}

function knownOf(details: unknown): readonly string[] {
  const known = typeof details === "object" && details !== null && "known" in details ? details.known : [];
  return Array.isArray(known) ? known.map(String) : [];
}
