import { createHash } from "node:crypto";
import { type ActivityTarget, OPERATION_ID, type RepeatableCall } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";

/** Body field of calls that have no id of their own by which a repetition could be told. */
export const operationId = z
  .string()
  .regex(OPERATION_ID, "must be 16 random bytes as 22 characters of base64url")
  .optional()
  .describe(
    "16 random bytes as base64url, made by the caller and the same when the call is repeated: it is applied once",
  );

/**
 * The operation of a call that may start a run. Made one with the workflow's name, because it becomes the run id: callers who
 * use one operation id for two workflows must not give both the same.
 */
export function startOperation(call: {
  readonly id?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly operationId?: string | undefined;
}): RepeatableCall {
  const { id, idempotencyKey, operationId } = call;
  if (operationId === undefined) return {};
  if (id === undefined && idempotencyKey === undefined) {
    throw new InvalidArgumentError(
      "operationId is given without id or idempotencyKey, so each repetition would start another workflow; give one of them",
      { details: { field: "operationId" } },
    );
  }
  return { operationId: digestOf([id ?? null, idempotencyKey ?? null, operationId]) };
}

/** The operation of a call on a workflow, made one with its id for the same reason. */
export function operationOn(workflowId: string, operationId: string | undefined): RepeatableCall {
  return operationId === undefined ? {} : { operationId: digestOf([workflowId, operationId]) };
}

/** The operation of a call that settles an activity. One with its target, for callers who use an operation id for two. */
export function settlementOperation(target: ActivityTarget, operationId: string | undefined): RepeatableCall {
  if (operationId === undefined) return {};
  const name = typeof target === "string" ? [target] : [target.workflowId, target.reference];
  return { operationId: digestOf([...name, operationId]) };
}

/** The same id for the same parts, and another for any others. */
export function digestOf(parts: readonly (string | null)[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts), "utf8").digest();
  return digest.subarray(0, 16).toString("base64url");
}
