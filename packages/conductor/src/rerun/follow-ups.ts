import type { RunDescription, WorkflowClient } from "@heddle/core";
import { NotResettableError, type Attributes, type ParentRun } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import { tasksByName } from "../interpreter/carried-execution.js";
import { startAttributes } from "../interpreter/execution-attributes.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "../interpreter/execution-input.js";
import { queryTask } from "../interpreter/execution-messages.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { noneWhenNotFound, type ClosedExecution, type ClosedExecutions } from "./closed-executions.js";
import type { RerunOperation } from "./rerun-operation.js";
import { lastAttempts, retryPlan } from "./retry-plan.js";

interface RunName {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * Starts runs in the place of closed ones. An execution that another one started as its task, and that has ended as well,
 * is taken up by that one: the run that is started is then the topmost one's, and each starts the next as its child. So
 * one atomic step decides, however many executions go on.
 */
export class FollowUps {
  constructor(
    private readonly client: WorkflowClient,
    private readonly executions: ClosedExecutions,
  ) {}

  /** Errors: `NotResettableError`, `WorkflowAlreadyExistsError` (another call was first), `PayloadTooLargeError`. */
  async start(leaf: ClosedExecution, input: ExecutionInput, operation: RerunOperation): Promise<void> {
    const chain = [leaf];
    let [run, next]: [ClosedExecution, ExecutionInput] = [leaf, input];
    for (;;) {
      const parent = await this.#parentOf(run, leaf, operation);
      if (parent === "taken-up") return;
      if (parent === undefined) break;
      const { parentWorkflowTaskId: taskId = "" } = run.snapshot.start;
      const carried = retryPlan(parent.snapshot, { taskId, input: next });
      [run, next] = [parent, { ...parent.snapshot.start, carried }];
      chain.push(parent);
    }
    await this.#assertUnchanged(chain.slice(0, -1));
    const operationId = this.#runIdOf(operation, leaf, run);
    const attributes = withoutAbsent(startAttributes(next)) as Attributes;
    await this.client.startInPlaceOf(run, CONDUCTOR_WORKFLOW, next, { attributes }, { operationId });
  }

  /**
   * Whether the run that an execution has now was made by this very call: as the run that the call named, or as the child
   * of one, at whatever distance.
   */
  async isMadeBy(operation: RerunOperation, leaf: RunName, from = leaf.workflowId): Promise<boolean> {
    if (!operation.isKeyed) return false;
    let run: RunDescription | undefined = await this.client.describe(from);
    while (run !== undefined) {
      if (run.runId === this.#runIdOf(operation, leaf, run)) return true;
      const parent: ParentRun | undefined = run.parent;
      run = parent && (await this.client.describe(parent.workflowId).catch(noneWhenNotFound));
      if (run?.runId !== parent?.runId) return false;
    }
    return false;
  }

  /** The same for whoever asks for the same of the same run; with a key, of the same execution. */
  #runIdOf({ name, isKeyed }: RerunOperation, leaf: RunName, run: RunName): string {
    const of = isKeyed ? leaf.workflowId : `${leaf.workflowId} ${leaf.runId} ${run.runId}`;
    return this.client.repair.runIdOf(`${name} ${of}`, run.workflowId);
  }

  /**
   * The execution that started this one as its task, when it has ended and the task still is the one that counts.
   * `taken-up`: this very call has made it go on already.
   */
  async #parentOf(
    { workflowId, snapshot }: ClosedExecution,
    leaf: ClosedExecution,
    operation: RerunOperation,
  ): Promise<ClosedExecution | "taken-up" | undefined> {
    const { parentWorkflowId, parentWorkflowTaskId: taskId } = snapshot.start;
    if (parentWorkflowId === undefined || taskId === undefined) return undefined;
    const parent = await this.executions.find(parentWorkflowId);
    if (parent !== undefined) return hasLastAttempt(parent, taskId) ? parent : undefined;
    if (!(await this.#waits(parentWorkflowId, taskId))) return undefined;
    if (await this.isMadeBy(operation, leaf, parentWorkflowId)) return "taken-up";
    throw new NotResettableError(
      `workflow "${workflowId}" is about to be taken up by workflow "${parentWorkflowId}", whose task ${taskId} waits for it; look again`,
      { details: { workflowId, parentWorkflowId, taskId } },
    );
  }

  /** Whether a task of an open execution is at work. */
  async #waits(workflowId: string, taskId: string): Promise<boolean> {
    const answer = this.client.query(workflowId, queryTask.name, { taskId });
    const task = (await answer.catch(noneWhenNotFound)) as JsonMap | null | undefined;
    return task?.["status"] === "IN_PROGRESS" || task?.["status"] === "SCHEDULED";
  }

  /** Runs below the topmost one change with it alone, so what is unchanged now stays so until it is replaced. */
  async #assertUnchanged(executions: readonly ClosedExecution[]): Promise<void> {
    for (const { workflowId, runId } of executions) {
      const { runId: current } = await this.client.describe(workflowId);
      if (current === runId) continue;
      throw new NotResettableError(
        `workflow "${workflowId}" has gone on as run ${current} meanwhile; look again`,
        {
          details: { workflowId, runId: current },
        },
      );
    }
  }
}

/** Whether that task is the last attempt at what it does, and its failure not one that is passed over. */
function hasLastAttempt({ snapshot }: ClosedExecution, taskId: string): boolean {
  const task = [...lastAttempts(snapshot.tasks)].find((each) => each.taskId === taskId);
  if (task === undefined) return false;
  const definition = task.task ?? tasksByName(snapshot.start.definition).get(task.name);
  return definition?.optional !== true;
}
