import type { WorkflowClient } from "@heddle/core";
import {
  InvalidArgumentError,
  isClosedStatus,
  NotResettableError,
  WorkflowNotFoundError,
} from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import { packTasks } from "../interpreter/carried-execution.js";
import type { CarriedExecution, ExecutionInput } from "../interpreter/execution-input.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import { ClosedExecutions, type ClosedExecution } from "./closed-executions.js";
import { FollowUps } from "./follow-ups.js";
import { operationOf, type KeyedCall, type RerunOperation } from "./rerun-operation.js";
import { rerunPlan } from "./rerun-plan.js";
import { retryPlan } from "./retry-plan.js";

export interface RerunRequest {
  readonly reRunFromTaskId?: string | undefined;
  readonly workflowInput?: JsonMap | undefined;
  readonly taskInput?: JsonMap | undefined;
  readonly correlationId?: string | undefined;
}

/**
 * Lets executions that have ended go on, under the id that they have: each call starts one run in the place of the
 * closed one by one atomic step, so of calls at once one does it, or they are the same. Errors of all: those of
 * `FollowUps.start`, `WorkflowNotFoundError`, and `NotResettableError` for what has not ended.
 */
export class ExecutionReruns {
  readonly #metadata: MetadataStore;
  readonly #executions: ClosedExecutions;
  readonly #followUps: FollowUps;

  constructor({ client, metadata }: { readonly client: WorkflowClient; readonly metadata: MetadataStore }) {
    this.#metadata = metadata;
    this.#executions = new ClosedExecutions(client);
    this.#followUps = new FollowUps(client, this.#executions);
  }

  /** From the beginning, with the input that it had. Errors: `DEFINITION_NOT_FOUND` as well. */
  async restart(
    workflowId: string,
    { useLatestDefinitions = false } = {},
    call: KeyedCall = {},
  ): Promise<void> {
    const operation = operationOf("restart", { useLatestDefinitions }, call);
    const run = await this.#ended(workflowId, operation);
    if (run === undefined) return;
    const { start } = run.snapshot;
    const { name, restartable } = start.definition;
    if (run.status === "completed" && !restartable) {
      // What Conductor answers: there is nothing here that could be restarted.
      throw new WorkflowNotFoundError(
        `workflow "${workflowId}" is COMPLETED and its definition ${name} is not restartable; start a new one`,
        { details: { workflowId } },
      );
    }
    const definition = useLatestDefinitions
      ? await this.#metadata.populated(await this.#metadata.workflow(name))
      : start.definition;
    await this.#followUps.start(run, { ...start, definition }, operation);
  }

  /**
   * From what was not successful; everything else stands. With `resumeSubworkflowTasks` the last sub-workflow that failed
   * is retried in the same way instead of being started anew.
   */
  async retry(
    workflowId: string,
    { resumeSubworkflowTasks = false } = {},
    call: KeyedCall = {},
  ): Promise<void> {
    const operation = operationOf("retry", { resumeSubworkflowTasks }, call);
    const asked = await this.#ended(workflowId, operation);
    if (asked === undefined) return;
    const run = resumeSubworkflowTasks ? await this.#executions.lastFailed(asked) : asked;
    const carried = retryPlan(run.snapshot);
    if (carried === undefined) {
      throw new NotResettableError(
        `workflow "${run.workflowId}" cannot be retried: none of its tasks is to be tried again; ` +
          "restart it, or rerun it from one of its tasks",
        { details: { workflowId: run.workflowId, runId: run.runId, status: run.status } },
      );
    }
    await this.#followUps.start(run, { ...run.snapshot.start, carried }, operation);
  }

  /**
   * From one of its tasks, or of those of its sub-workflows, or from the beginning.
   * Errors: `InvalidArgumentError` as well, when it has no such task.
   */
  async rerun(workflowId: string, request: RerunRequest, call: KeyedCall = {}): Promise<void> {
    const operation = operationOf("rerun", request, call);
    const asked = await this.#ended(workflowId, operation);
    if (asked === undefined) return;
    const { workflowInput, correlationId } = request;
    const { run, carried } = await this.#planned(asked, request);
    const { start } = run.snapshot;
    const input: ExecutionInput = {
      ...start,
      input: workflowInput ?? start.input,
      correlationId: correlationId ?? start.correlationId,
      carried: { ...carried, reRunFromWorkflowId: run.workflowId },
    };
    await this.#followUps.start(run, input, operation);
  }

  async #planned(
    asked: ClosedExecution,
    { reRunFromTaskId: taskId = "", taskInput }: RerunRequest,
  ): Promise<{ run: ClosedExecution; carried: CarriedExecution }> {
    if (taskId === "") {
      const { createMs, start } = asked.snapshot;
      const { variables } = start.definition;
      return { run: asked, carried: { createMs, variables, skipped: {}, signals: [], tasks: packTasks([]) } };
    }
    for await (const run of this.#executions.withSubWorkflows(asked)) {
      const target = run.snapshot.tasks.find((task) => task.taskId === taskId);
      if (target !== undefined) return { run, carried: rerunPlan(run.snapshot, target, taskInput) };
    }
    const { workflowId } = asked;
    throw new InvalidArgumentError(
      `workflow "${workflowId}" has no task ${taskId}, and none of its sub-workflows has; list its tasks`,
      { details: { workflowId, taskId } },
    );
  }

  /** Undefined when this very call has made it go on already. */
  async #ended(workflowId: string, operation: RerunOperation): Promise<ClosedExecution | undefined> {
    const run = await this.#executions.run(workflowId);
    if (await this.#followUps.isMadeBy(operation, run)) return undefined;
    if (isClosedStatus(run.status)) return this.#executions.ended(run);
    throw new NotResettableError(
      `workflow "${workflowId}" has not ended, so it cannot go on from where it ended; terminate it first`,
      { details: { workflowId, status: run.status } },
    );
  }
}
