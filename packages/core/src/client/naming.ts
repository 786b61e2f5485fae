import { assertIdempotencyKey, assertWorkflowId, InvalidArgumentError } from "@heddle/protocol";

/** Checks what names a workflow: at most one of id and idempotency key, each well-formed. */
export function assertWorkflowNaming(options: {
  id?: string | undefined;
  idempotencyKey?: string | undefined;
}): void {
  if (options.id !== undefined && options.idempotencyKey !== undefined) {
    throw new InvalidArgumentError(
      "id and idempotencyKey are given together; give one, because the key decides the workflow id",
      { details: { field: "idempotencyKey" } },
    );
  }
  if (options.id !== undefined) assertWorkflowId(options.id);
  if (options.idempotencyKey !== undefined) assertIdempotencyKey(options.idempotencyKey);
}

/** Refuses option names that do not exist, so that a misspelt policy is not silently ignored. */
export function assertKnownOptions(options: object, known: readonly string[], call: string): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`${call} has no option "${unknown}"; it takes ${known.join(", ")}`, {
      details: { field: unknown },
    });
  }
}
