import { Machine, replayHistory } from "@heddle/core";
import { InvalidArgumentError, isClosedStatus, parseHistory, type WorkflowHistory } from "@heddle/protocol";
import type { Log } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import { conductorWorkflow } from "./conductor-workflow.js";
import type { ExecutionQuery } from "./execution-json.js";
import { queryExecution } from "./execution-messages.js";

const noLine: Log["info"] = () => undefined;
const SILENT: Log = { debug: noLine, info: noLine, warn: noLine, error: noLine };

/**
 * Conductor's Workflow JSON of a run, from its history alone: of a closed run, which answers no query any more. An
 * execution that was ended without its code (terminated, a deadline) is shown with its open tasks cancelled.
 * Throws `InvalidArgumentError` for the history of another workflow, `NondeterminismError` for one of other code.
 */
export async function replayedExecution(
  history: string | Uint8Array | WorkflowHistory,
  query?: ExecutionQuery,
): Promise<JsonMap> {
  const run = typeof history === "string" || history instanceof Uint8Array ? parseHistory(history) : history;
  const { workflowId, runId, records, type, status } = run;
  if (type !== conductorWorkflow.name) {
    throw new InvalidArgumentError(
      `workflow "${workflowId}" is of type "${type}", so it executes no definition`,
      {
        details: { workflowId, type },
      },
    );
  }
  const machine = new Machine({
    ...{ workflow: conductorWorkflow, workflowId, runId, log: SILENT, activityDefaults: () => undefined },
    // Its payloads were accepted when they were recorded.
    maxPayloadBytes: Number.POSITIVE_INFINITY,
  });
  await replayHistory(machine, records);
  const execution = machine.query(queryExecution.name, query)?.answer as JsonMap | undefined;
  if (execution === undefined) {
    throw new InvalidArgumentError(`workflow "${workflowId}" has not begun, so there is nothing to show`);
  }
  return isClosedStatus(status) && machine.closed === undefined ? endedOutside(execution, status) : execution;
}

function endedOutside(execution: JsonMap, status: string): JsonMap {
  const tasks = execution["tasks"] as readonly JsonMap[];
  const isOpen = (task: JsonMap) => task["status"] === "SCHEDULED" || task["status"] === "IN_PROGRESS";
  return {
    ...execution,
    status: status === "timed-out" ? "TIMED_OUT" : status === "failed" ? "FAILED" : "TERMINATED",
    tasks: tasks.map((task) => (isOpen(task) ? { ...task, status: "CANCELED" } : task)),
  };
}
