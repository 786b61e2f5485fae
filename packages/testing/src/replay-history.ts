import { Machine, replayHistory as replayRecords } from "@heddle/core";
import { InvalidArgumentError, parseHistory, type WorkflowHistory } from "@heddle/protocol";
import type { AnyWorkflow, Log } from "@heddle/workflow";

const noLine: Log["info"] = () => undefined;
const SILENT: Log = { debug: noLine, info: noLine, warn: noLine, error: noLine };

/**
 * Replays the exported history of a run with this code, as a coordinator would after a restart; nothing runs but the
 * code. Resolves when it decides what was decided then. Rejects with `NondeterminismError` otherwise, whose details
 * have the `index` of the first record that does not fit, what was `recorded` there, and what the code `decided`;
 * with `InvalidArgumentError` when the history is of another workflow type, or none.
 */
export async function replayHistory(
  workflow: AnyWorkflow,
  history: string | Uint8Array | WorkflowHistory,
): Promise<void> {
  const run = typeof history === "string" || history instanceof Uint8Array ? parseHistory(history) : history;
  if (run.type !== workflow.name) {
    throw new InvalidArgumentError(
      `the history is of workflow type "${run.type}", the code is of "${workflow.name}"; replay it with its own`,
      { details: { type: workflow.name } },
    );
  }
  const { workflowId, runId, records } = run;
  const machine = new Machine({
    ...{ workflow, workflowId, runId, log: SILENT, activityDefaults: () => undefined },
    // Its payloads were accepted when they were recorded.
    maxPayloadBytes: Number.POSITIVE_INFINITY,
  });
  await replayRecords(machine, records);
}
