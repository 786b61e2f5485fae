import type { WorkflowClient } from "@heddle/core";
import { isClosedStatus, InvalidArgumentError, WorkflowNotRunningError } from "@heddle/protocol";
import { CONDUCTOR_WORKFLOW } from "../interpreter/execution-input.js";
import { pauseExecution, resumeExecution, terminateExecution } from "../interpreter/execution-messages.js";
import type { Executions } from "./executions.js";
import { noSuchExecution } from "./no-such-execution.js";
import { updateRun } from "./update-run.js";

/** Stops executions and lets them go on. All throw `WorkflowNotFoundError`. */
export class ExecutionControl {
  constructor(
    private readonly client: WorkflowClient,
    private readonly executions: Executions,
  ) {}

  /** Throws `WorkflowNotRunningError` for a closed one; a paused one stays paused. */
  async pause(workflowId: string): Promise<void> {
    await updateRun(this.client, { workflowId, update: pauseExecution, input: undefined });
  }

  /** Throws `WorkflowNotRunningError` for one that is not paused. */
  async resume(workflowId: string): Promise<void> {
    await updateRun(this.client, { workflowId, update: resumeExecution, input: undefined });
  }

  /**
   * Ends it with its open tasks and sub-workflows; one that has ended otherwise than well stays as it is. Throws
   * `WorkflowNotRunningError` for a completed one.
   */
  async terminate(workflowId: string, reason: string | undefined): Promise<void> {
    try {
      await updateRun(this.client, { workflowId, update: terminateExecution, input: { reason } });
    } catch (error) {
      if (!(error instanceof WorkflowNotRunningError)) throw error;
      const { status } = await this.executions.read(workflowId, { includeTasks: false });
      if (status === "COMPLETED") throw error;
    }
  }

  /**
   * Removes everything of one that has ended. Throws `InvalidArgumentError` for an open one, unless it is to be
   * terminated first.
   */
  async remove(
    workflowId: string,
    { terminateFirst, reason }: { terminateFirst: boolean; reason?: string | undefined },
  ): Promise<void> {
    const { type, status } = await this.client.describe(workflowId);
    if (type !== CONDUCTOR_WORKFLOW) throw noSuchExecution(workflowId);
    if (!isClosedStatus(status)) {
      if (!terminateFirst) {
        throw new InvalidArgumentError(
          `workflow ${workflowId} is still running, so it cannot be archived; terminate it first, or pass archiveWorkflow=false`,
          { details: { workflowId, status } },
        );
      }
      await this.terminate(workflowId, reason);
      // A run that cleans up may take its time; what is left of its code is of no use to who removes it.
      await this.client.terminate(workflowId, { reason }).catch((error: unknown) => {
        if (!(error instanceof WorkflowNotRunningError)) throw error;
      });
    }
    await this.client.repair.remove(workflowId);
  }
}
