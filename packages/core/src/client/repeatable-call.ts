/** A call that its caller may repeat when the answer was lost. */
export interface RepeatableCall {
  /** 16 random bytes as 22 characters of base64url, kept over the repetitions: the call is applied once. */
  readonly operationId?: string | undefined;
}

/** What `operationId` looks like: the same as any run id. */
export const OPERATION_ID = /^[A-Za-z0-9_-]{22}$/;

/** The run that a call starts is named by its operation, so that a repetition finds it. */
export function runIdOf({ operationId }: RepeatableCall): { runId?: string } {
  return operationId === undefined ? {} : { runId: operationId };
}
