export interface KeyedCall {
  /** The same when the call is repeated: it is done once, and answered alike, until the execution is made to go on again. */
  readonly idempotencyKey?: string | undefined;
}

/** What is asked of an execution, by a name that a repetition has as well. */
export interface RerunOperation {
  readonly name: string;
  /** Its caller can tell a repetition from a second call of the same kind. */
  readonly isKeyed: boolean;
}

export function operationOf(
  kind: "restart" | "retry" | "rerun",
  request: object,
  { idempotencyKey }: KeyedCall,
): RerunOperation {
  return idempotencyKey === undefined
    ? { name: `${kind} ${JSON.stringify(request)}`, isKeyed: false }
    : { name: `keyed ${kind} ${idempotencyKey}`, isKeyed: true };
}
