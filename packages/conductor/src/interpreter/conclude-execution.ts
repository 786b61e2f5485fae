import { HeddleError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { Execution, ExecutionEnd } from "./execution.js";
import { executionJson, failedTasks } from "./execution-json.js";
import { findDefinition } from "./find-definition.js";
import { startExecution } from "./start-execution.js";
import type { Code, Flow } from "./task-executor.js";
import { WorkflowEndedError } from "./workflow-ended-error.js";

/** Half of what an input may take; an execution whose tasks make it larger is told without them. */
const MAX_FAILED_WORKFLOW_CHARACTERS = 512 * 1024;

/** Brings an execution to its end: cancels what is open, computes its output, starts its failure workflow. */
export function* concludeExecution(flow: Flow, end: ExecutionEnd, setStatus: () => void): Code<JsonMap> {
  const { execution } = flow;
  for (const record of [...execution.records.open()]) {
    execution.end(record, { status: "CANCELED", reason: record.reason ?? end.reason });
  }
  execution.status = end.status;
  execution.reason = end.reason;
  execution.endMs = execution.touch();
  execution.output = end.output ?? outputOf(execution);
  if (end.status !== "COMPLETED" && end.fromOutside !== true) {
    const failureWorkflow = yield* startFailureWorkflow(flow, end);
    if (failureWorkflow !== undefined) {
      execution.output = { ...execution.output, "conductor.failure_workflow": failureWorkflow };
    }
  }
  setStatus();
  const { output, reason } = execution;
  if (end.status === "COMPLETED") return output;
  throw new WorkflowEndedError({ ...{ status: end.status, reason, output }, ...failedTasks(execution) });
}

function outputOf(execution: Execution): JsonMap {
  try {
    return execution.computedOutput();
  } catch (error) {
    // Too large.
    if (!(error instanceof HeddleError)) throw error;
    execution.reason ??= `the output cannot be made: ${error.message}`;
    return {};
  }
}

/** Its id, or why there is none; undefined when the definition names none. */
function* startFailureWorkflow(
  flow: Flow,
  { status, reason, failedTask }: ExecutionEnd,
): Code<string | undefined> {
  const { execution } = flow;
  const { failureWorkflow, failureWorkflowVersion } = execution.definition;
  if (failureWorkflow === undefined || failureWorkflow === "") return undefined;
  try {
    const found = yield* findDefinition(flow, execution.resolve(failureWorkflow), failureWorkflowVersion);
    if ("problem" in found) return found.problem;
    return yield* startExecution(flow, {
      definition: found.definition,
      input: {
        ...execution.input,
        workflowId: execution.workflowId,
        reason: reason ?? "",
        failureStatus: status,
        failureTaskId: failedTask?.taskId ?? "",
        failedWorkflow: failedWorkflow(execution),
      },
      correlationId: execution.correlationId,
      taskToDomain: execution.start.taskToDomain,
      environment: execution.start.environment,
    });
  } catch (error) {
    return `the failure workflow could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function failedWorkflow(execution: Execution): JsonMap {
  const whole = executionJson(execution);
  const isSmall = JSON.stringify(whole).length <= MAX_FAILED_WORKFLOW_CHARACTERS;
  return isSmall ? whole : executionJson(execution, { includeTasks: false });
}
