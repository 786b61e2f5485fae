import type { WorkflowClient } from "@heddle/core";
import { ActivityNotFoundError, WorkflowNotFoundError, WorkflowNotRunningError } from "@heddle/protocol";
import { updateTask, type TaskUpdate, type TaskUpdateAnswer } from "../interpreter/execution-messages.js";
import type { Executions } from "./executions.js";
import { updateRun } from "./update-run.js";

export interface UpdatedTask extends TaskUpdateAnswer {
  /** The execution that the task is part of. */
  readonly workflowId: string;
}

/** Tells executions of their tasks what somebody outside knows. All throw `WorkflowNotFoundError`. */
export class TaskUpdates {
  constructor(
    private readonly client: WorkflowClient,
    private readonly executions: Executions,
  ) {}

  /** Updates one task. In an execution that has ended nothing is changed, because workers repeat their uploads. */
  async update(workflowId: string, update: TaskUpdate): Promise<TaskUpdateAnswer> {
    try {
      return await updateRun(this.client, { workflowId, update: updateTask, input: update });
    } catch (error) {
      if (!(error instanceof WorkflowNotRunningError)) throw error;
      // Throws unless it was an execution.
      await this.executions.blocking(workflowId);
      return { outcome: "ignored" };
    }
  }

  /** Says that a worker still is at a task, so that its response timeout begins anew; nothing for what no worker does. */
  async extendLease(workflowId: string, taskId: string): Promise<void> {
    try {
      await this.client.activities.heartbeat({ workflowId, reference: taskId });
    } catch (error) {
      if (!(error instanceof ActivityNotFoundError)) throw error;
    }
  }

  /**
   * Ends, or tells of, the first WAIT that is open: of the execution, or else of its sub-workflows in their order.
   * Undefined when none is.
   */
  async signal(
    workflowId: string,
    update: Pick<TaskUpdate, "status" | "outputData">,
  ): Promise<UpdatedTask | undefined> {
    const answer = await this.update(workflowId, { ...update, firstWait: true, mergeOutput: true });
    if (answer.outcome === "applied") return { ...answer, workflowId };
    if (answer.outcome === "ignored") return undefined;
    const { subWorkflowIds } = await this.executions.blocking(workflowId);
    for (const child of subWorkflowIds) {
      const below = await this.signal(child, update).catch(unlessGone);
      if (below !== undefined) return below;
    }
    return undefined;
  }
}

/** A child that has not been started yet, or was removed, waits for nothing. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
