import { StartOrSignalConflictError } from "@heddle/protocol";
import type { IdempotencyStrategy } from "../definition/workflow-def.js";
import { executionIdOf } from "./execution-id.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "./execution-input.js";
import type { Code, Flow } from "./task-executor.js";

/** Tells a run who started it, and is all that makes it nobody's child; it is taken by every run and changes nothing. */
export const STARTED_SIGNAL = "conductor.started";

/** Starts another execution that goes its own way. Its id is the same on replay, so it is started once. */
export function* startExecution({ ctx }: Pick<Flow, "ctx">, input: ExecutionInput): Code<string> {
  const id = ctx.uuid();
  const signal = { name: STARTED_SIGNAL, payload: { startedBy: ctx.workflowId } };
  yield* ctx.startOrSignal(CONDUCTOR_WORKFLOW, input, signal, { id });
  return id;
}

export interface KeyedStart {
  readonly idempotencyKey: string;
  readonly idempotencyStrategy?: IdempotencyStrategy | undefined;
  /** Of the task that starts it. */
  readonly taskId: string;
}

/** The same, unless the key has started one; then its strategy decides. */
export function* startKeyedExecution(
  { ctx }: Flow,
  input: ExecutionInput,
  { idempotencyKey, idempotencyStrategy = "RETURN_EXISTING", taskId }: KeyedStart,
): Code<{ readonly workflowId: string } | { readonly problem: string }> {
  const { name } = input.definition;
  const id = executionIdOf(name, idempotencyKey);
  const signal = { name: STARTED_SIGNAL, payload: { startedBy: ctx.workflowId }, signalId: taskId };
  const onTerminalConflict = idempotencyStrategy === "FAIL_ON_RUNNING" ? "start-new" : "reject";
  const isStarted = yield* startedNow();
  if (isStarted || idempotencyStrategy === "RETURN_EXISTING") return { workflowId: id };
  return {
    problem: `idempotencyKey ${JSON.stringify(idempotencyKey)} has started workflow ${id} of ${name} already`,
  };

  function* startedNow(): Code<boolean> {
    try {
      const { outcome } = yield* ctx.startOrSignal(CONDUCTOR_WORKFLOW, input, signal, {
        id,
        onTerminalConflict,
      });
      return outcome === "started";
    } catch (error) {
      if (error instanceof StartOrSignalConflictError) return false;
      throw error;
    }
  }
}
