import { startWorkflowRequest } from "../../definition/start-workflow-request.js";
import { findDefinition } from "../find-definition.js";
import type { ExecutionInput } from "../execution-input.js";
import { startExecution, startKeyedExecution } from "../start-execution.js";
import type { Code, TaskExecutor } from "../task-executor.js";
import type { TaskOutcome } from "../task-record.js";

/** START_WORKFLOW: starts an execution that nobody waits for. */
export const runStartWorkflow: TaskExecutor = function* (flow, record): Code<TaskOutcome> {
  const { execution } = flow;
  execution.begin(record);
  const parsed = startWorkflowRequest.safeParse(record.input["startWorkflow"]);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return { status: "FAILED", reason: `startWorkflow is no valid request: ${problems.join("; ")}` };
  }
  const request = parsed.data;
  const found =
    request.workflowDef === undefined
      ? yield* findDefinition(flow, request.name, request.version)
      : { definition: request.workflowDef };
  if ("problem" in found) return { status: "FAILED", reason: found.problem };
  const { taskToDomain } = request;
  const input: ExecutionInput = {
    definition: found.definition,
    input: request.input,
    correlationId: request.correlationId ?? execution.correlationId,
    taskToDomain: Object.keys(taskToDomain).length > 0 ? taskToDomain : execution.start.taskToDomain,
    priority: request.priority,
    createdBy: request.createdBy,
    environment: execution.start.environment,
  };
  const { idempotencyKey = "", idempotencyStrategy } = request;
  const { taskId } = record;
  const started =
    idempotencyKey === ""
      ? { workflowId: yield* startExecution(flow, input) }
      : yield* startKeyedExecution(flow, input, { idempotencyKey, idempotencyStrategy, taskId });
  if ("problem" in started) return { status: "FAILED", reason: started.problem };
  return { status: "COMPLETED", output: { workflowId: started.workflowId } };
};
