import type { WorkflowClient } from "@heddle/core";
import { isClosedStatus, parseHistory, WorkflowNotFoundError, type WorkflowHistory } from "@heddle/protocol";
import type { ExecutionSnapshot } from "../interpreter/carried-execution.js";
import { CONDUCTOR_WORKFLOW } from "../interpreter/execution-input.js";
import { replayedSnapshot } from "../interpreter/replayed-execution.js";
import { isOpenStatus, isSuccessful } from "../interpreter/task-status.js";
import { lastAttempts } from "./retry-plan.js";

/** An execution whose run is closed, as that run left it. */
export interface ClosedExecution extends WorkflowHistory {
  readonly snapshot: ExecutionSnapshot;
}

/** Executions that have ended, read from their histories. */
export class ClosedExecutions {
  constructor(private readonly client: WorkflowClient) {}

  /** The run of an execution, open or closed. Throws `WorkflowNotFoundError`. */
  async run(workflowId: string): Promise<WorkflowHistory> {
    const run = parseHistory(await this.client.exportHistory(workflowId));
    if (run.type === CONDUCTOR_WORKFLOW) return run;
    throw new WorkflowNotFoundError(
      `workflow "${workflowId}" is of type "${run.type}", so it executes no definition`,
      {
        details: { workflowId },
      },
    );
  }

  async ended(run: WorkflowHistory): Promise<ClosedExecution> {
    return { ...run, snapshot: await replayedSnapshot(run) };
  }

  /** Undefined for one that is open, or gone. */
  async find(workflowId: string): Promise<ClosedExecution | undefined> {
    const run = await this.run(workflowId).catch(noneWhenNotFound);
    return run === undefined || !isClosedStatus(run.status) ? undefined : this.ended(run);
  }

  /** The execution, and those that it started as its tasks and that have ended, breadth first. */
  async *withSubWorkflows(asked: ClosedExecution): AsyncGenerator<ClosedExecution> {
    const found = [asked];
    for (let run = found.shift(); run !== undefined; run = found.shift()) {
      yield run;
      for (const { subWorkflowId } of run.snapshot.tasks) {
        const child = subWorkflowId === undefined ? undefined : await this.find(subWorkflowId);
        if (child !== undefined) found.push(child);
      }
    }
  }

  /** The sub-workflow that failed last, of this one or of one that it started; itself when none did. */
  async lastFailed(asked: ClosedExecution): Promise<ClosedExecution> {
    let run = asked;
    for (;;) {
      const failed = [...lastAttempts(run.snapshot.tasks)].findLast(
        ({ taskType, status }) =>
          taskType === "SUB_WORKFLOW" && !isOpenStatus(status) && !isSuccessful(status),
      );
      const child = failed?.subWorkflowId === undefined ? undefined : await this.find(failed.subWorkflowId);
      if (child === undefined || child.status === "completed") return run;
      run = child;
    }
  }
}

export function noneWhenNotFound(error: unknown): undefined {
  if (error instanceof WorkflowNotFoundError) return undefined;
  throw error;
}
