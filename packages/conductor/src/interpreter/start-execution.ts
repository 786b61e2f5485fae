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
