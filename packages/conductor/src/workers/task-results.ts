import { randomUUID } from "node:crypto";
import { pollerOf, type LogStore, type OpenActivityState, type WorkflowClient } from "@heddle/core";
import {
  ActivityAlreadySettledError,
  ActivityNotFoundError,
  HeddleError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import type { TaskResult } from "../definition/task-result.js";
import { updateTask, type TaskUpdate, type TaskUpdateAnswer } from "../interpreter/execution-messages.js";
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
  constructor(private readonly parts: { readonly client: WorkflowClient; readonly logs: LogStore }) {}

  /**
   * Settles the task, keeps it in its worker, or gives it back to its queue. A result of a task or of a workflow that has
   * ended changes nothing, because workers repeat theirs. Resolves to where the task came from when it was a worker's and
   * this ended it. Throws `WorkflowNotFoundError`, also for a task that the workflow does not have.
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
    const { workflowInstanceId: workflowId, taskId: reference, status } = result;
    try {
      if (state === undefined) await this.#tellExecution(result);
      else if (status !== "IN_PROGRESS") {
        const value = { [WORKER_RESULT]: workerResult(result, state) };
        await this.parts.client.activities.complete({ workflowId, reference }, value);
        return sourceOf(state);
      } else if (result.extendLease) {
        await this.parts.client.activities.heartbeat({ workflowId, reference });
      } else await this.#tellExecution(result);
    } catch (error) {
      // Somebody was quicker.
      if (!isOver(error)) throw error;
    }
    return undefined;
  }

  /** Of tasks that no worker has: system tasks, those that wait for their turn, those that have ended. */
  async #tellExecution(result: TaskResult): Promise<void> {
    const { workflowInstanceId: workflowId, taskId, status, outputData, workerId } = result;
    const { reasonForIncompletion, callbackAfterSeconds } = result;
    const change: TaskUpdate = {
      ...{ taskId, status, outputData, callbackAfterSeconds },
      ...(reasonForIncompletion === undefined ? {} : { reasonForIncompletion }),
      ...(workerId === undefined ? {} : { workerId }),
    };
    const { outcome } = (await this.parts.client.updates.execute(
      workflowId,
      updateTask.name,
      change,
    )) as TaskUpdateAnswer;
    if (outcome === "not-found") {
      throw new WorkflowNotFoundError(
        `workflow "${workflowId}" has no task with the id "${taskId}"; check both ids`,
        { details: { workflowId, taskId } },
      );
    }
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

function sourceOf({ name, queue }: OpenActivityState): ResultSource {
  return { taskType: name, domain: taskTypeOfQueue(queue)?.domain };
}

function isOver(error: unknown): error is HeddleError {
  return (
    error instanceof ActivityAlreadySettledError ||
    error instanceof ActivityNotFoundError ||
    error instanceof WorkflowNotRunningError
  );
}
