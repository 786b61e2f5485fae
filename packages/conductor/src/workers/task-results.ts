import { randomUUID } from "node:crypto";
import { pollerOf, type LogStore, type OpenActivityState, type WorkflowClient } from "@heddle/core";
import {
  ActivityAlreadySettledError,
  ActivityNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import type { TaskResult } from "../definition/task-result.js";
import { noSuchTask } from "../executions/no-such-execution.js";
import type { TaskUpdates } from "../executions/task-updates.js";
import { taskTypeOfQueue } from "../interpreter/task-queue-name.js";
import { WORKER_RESULT, type WorkerResult } from "../interpreter/tasks/worker-task.js";
import { appendTaskLog } from "./task-log.js";

/** Where the next task for the same worker would come from. */
export interface ResultSource {
  readonly taskType: string;
  readonly domain: string | undefined;
}

/** Takes what workers, and whoever completes tasks for them, say about tasks. */
export class TaskResults {
  constructor(
    private readonly parts: {
      readonly client: WorkflowClient;
      readonly taskUpdates: TaskUpdates;
      readonly logs: LogStore;
    },
  ) {}

  /**
   * Settles the task, keeps it in its worker, or gives it back to its queue. A result of a task or of a workflow that has
   * ended changes nothing, because workers repeat theirs. Resolves to where the task came from when it was a worker's and
   * this ended it. Throws `WorkflowNotFoundError` and `TASK_NOT_FOUND`.
   */
  async take(result: TaskResult): Promise<ResultSource | undefined> {
    const { workflowInstanceId: workflowId, taskId, logs } = result;
    const [state] = await this.parts.client.activities.open(workflowId, [taskId]);
    const ended = await this.#apply(result, state);
    if (logs.length > 0)
      await appendTaskLog(this.parts.logs, { taskId, operationId: randomUUID(), lines: logs });
    return ended;
  }

  async #apply(result: TaskResult, state: OpenActivityState | undefined): Promise<ResultSource | undefined> {
    const { workflowInstanceId: workflowId, taskId, status, extendLease } = result;
    const { client, taskUpdates } = this.parts;
    if (extendLease) await taskUpdates.extendLease(workflowId, taskId);
    else if (state === undefined || status === "IN_PROGRESS") await this.#tellExecution(result);
    else {
      const value = { [WORKER_RESULT]: workerResult(result, state) };
      try {
        await client.activities.complete({ workflowId, reference: taskId }, value);
        return { taskType: state.name, domain: taskTypeOfQueue(state.queue)?.domain };
      } catch (error) {
        // Somebody was quicker.
        if (!isOver(error)) throw error;
      }
    }
    return undefined;
  }

  /** Of tasks that no worker has: system tasks, those that wait for their turn, those that have ended. */
  async #tellExecution({
    workflowInstanceId,
    logs: _logs,
    extendLease: _is,
    ...update
  }: TaskResult): Promise<void> {
    const { outcome } = await this.parts.taskUpdates.update(workflowInstanceId, update);
    if (outcome === "not-found") throw noSuchTask(update.taskId);
  }
}

function workerResult(
  { outputData, reasonForIncompletion, status, workerId }: TaskResult,
  { claimedAtMs, worker }: OpenActivityState,
): WorkerResult {
  const claimant = workerId ?? (worker === undefined ? undefined : pollerOf(worker));
  return {
    status: status as WorkerResult["status"],
    outputData,
    ...(reasonForIncompletion === undefined ? {} : { reasonForIncompletion }),
    ...(claimant === undefined ? {} : { workerId: claimant }),
    ...(claimedAtMs === undefined ? {} : { startTime: claimedAtMs }),
    pollCount: claimedAtMs === undefined ? 0 : 1,
  };
}

function isOver(error: unknown): boolean {
  return (
    error instanceof ActivityAlreadySettledError ||
    error instanceof ActivityNotFoundError ||
    error instanceof WorkflowNotRunningError
  );
}
