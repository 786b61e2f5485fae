import { Machine, replayHistory } from "@heddle/core";
import {
  decodePayload,
  InvalidArgumentError,
  isClosedStatus,
  parseHistory,
  steersExecution,
  type WorkflowHistory,
} from "@heddle/protocol";
import type { Log } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import { conductorWorkflow } from "./conductor-workflow.js";
import type { ExecutionQuery } from "./execution-json.js";
import type { ExecutionSnapshot } from "./carried-execution.js";
import { queryExecution, querySnapshot } from "./execution-messages.js";
import { isOpenStatus } from "./task-status.js";

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
  const { run, machine } = await replayed(history);
  const execution = answered(machine, run, queryExecution.name, query) as JsonMap;
  const { status } = run;
  return isClosedStatus(status) && machine.closed === undefined ? endedOutside(execution, status) : execution;
}

/**
 * What a run that follows a closed one may take over, from its history alone; tasks that were open when it was ended
 * are cancelled. Errors as of `replayedExecution`.
 */
export async function replayedSnapshot(history: string | WorkflowHistory): Promise<ExecutionSnapshot> {
  const { run, machine } = await replayed(history);
  const snapshot = answered(machine, run, querySnapshot.name, undefined) as ExecutionSnapshot;
  const untaken = machine.carriedEvents.flatMap((event) =>
    event.kind === "signal" && !steersExecution(event.name)
      ? [{ name: event.name, payload: decodePayload(event.payload) }]
      : [],
  );
  return {
    ...snapshot,
    signals: [...snapshot.signals, ...untaken],
    tasks: snapshot.tasks.map((task) => (isOpenStatus(task.status) ? { ...task, status: "CANCELED" } : task)),
  };
}

async function replayed(
  history: string | Uint8Array | WorkflowHistory,
): Promise<{ run: WorkflowHistory; machine: Machine }> {
  const run = typeof history === "string" || history instanceof Uint8Array ? parseHistory(history) : history;
  const { workflowId, runId, records, type } = run;
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
  return { run, machine };
}

function answered(machine: Machine, { workflowId }: WorkflowHistory, name: string, input: unknown): unknown {
  const answer = machine.query(name, input)?.answer;
  if (answer !== undefined) return answer;
  throw new InvalidArgumentError(`workflow "${workflowId}" has not begun, so there is nothing to show`);
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
