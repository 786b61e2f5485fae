import type { WorkflowClient } from "@heddle/core";
import {
  decodeHistoryRecord,
  decodePayload,
  InvalidArgumentError,
  isClosedStatus,
  NotResettableError,
  parseHistory,
  WorkflowNotFoundError,
  type Attributes,
  type WorkflowHistory,
  type WorkflowStatus,
} from "@heddle/protocol";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import {
  packTasks,
  tasksByName,
  type CarriedExecution,
  type ExecutionSnapshot,
} from "../interpreter/carried-execution.js";
import { startAttributes } from "../interpreter/execution-attributes.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "../interpreter/execution-input.js";
import { queryTask } from "../interpreter/execution-messages.js";
import { replayedSnapshot } from "../interpreter/replayed-execution.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { lastAttempts, retryPlan } from "./retry-plan.js";
import { rerunPlan } from "./rerun-plan.js";

export interface RerunRequest {
  readonly reRunFromTaskId?: string | undefined;
  readonly workflowInput?: JsonMap | undefined;
  readonly taskInput?: JsonMap | undefined;
  readonly correlationId?: string | undefined;
}

export interface ExecutionRerunOptions {
  readonly client: WorkflowClient;
  readonly metadata: MetadataStore;
}

export interface KeyedCall {
  /** The same when the call is repeated: it is done once, and answered alike, until the execution is made to go on again. */
  readonly idempotencyKey?: string | undefined;
}

interface ClosedExecution {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: WorkflowStatus;
  readonly snapshot: ExecutionSnapshot;
}

/**
 * Lets executions that have ended go on, under the id that they have: each call starts one run in the place of the
 * closed one by one atomic step, so of two calls at once one does it, or both are the same. An execution that was
 * started by another one which has ended as well is taken up by that one, whose run is then the one that is started.
 */
export class ExecutionReruns {
  constructor(private readonly options: ExecutionRerunOptions) {}

  /**
   * From the beginning, with the input that it had. Errors: `WorkflowNotFoundError`, `NotResettableError`,
   * `DEFINITION_NOT_FOUND`.
   */
  async restart(
    workflowId: string,
    { useLatestDefinitions = false } = {},
    call: KeyedCall = {},
  ): Promise<void> {
    const operation = operationOf("restart", { useLatestDefinitions }, call);
    const run = await this.#closed(workflowId, operation);
    if (run === undefined) return;
    const { start } = run.snapshot;
    if (run.status === "completed" && !start.definition.restartable) {
      // What Conductor answers: there is nothing here that could be restarted.
      throw new WorkflowNotFoundError(
        `workflow "${workflowId}" is COMPLETED and its definition ${start.definition.name} is not restartable; start a new one`,
        { details: { workflowId } },
      );
    }
    const { metadata } = this.options;
    const definition = useLatestDefinitions
      ? await metadata.populated(await metadata.workflow(start.definition.name))
      : start.definition;
    await this.#goOn(run, { ...start, definition }, operation);
  }

  /**
   * From what was not successful; everything else stands. With `resumeSubworkflowTasks` the last sub-workflow that failed
   * is retried in the same way instead of being started anew. Errors as of `restart`.
   */
  async retry(
    workflowId: string,
    { resumeSubworkflowTasks = false } = {},
    call: KeyedCall = {},
  ): Promise<void> {
    const operation = operationOf("retry", { resumeSubworkflowTasks }, call);
    const asked = await this.#closed(workflowId, operation);
    if (asked === undefined) return;
    const run = resumeSubworkflowTasks ? await this.#lastFailed(asked) : asked;
    const carried = retryPlan(run.snapshot);
    if (carried === undefined) {
      throw refused(
        run,
        "none of its tasks is to be tried again; restart it, or rerun it from one of its tasks",
      );
    }
    await this.#goOn(run, { ...run.snapshot.start, carried }, operation);
  }

  /**
   * From one of its tasks, or of those of its sub-workflows, or from the beginning.
   * Errors: `InvalidArgumentError` (it has no such task), and those of `restart`.
   */
  async rerun(workflowId: string, request: RerunRequest, call: KeyedCall = {}): Promise<void> {
    const operation = operationOf("rerun", request, call);
    const asked = await this.#closed(workflowId, operation);
    if (asked === undefined) return;
    const { reRunFromTaskId, workflowInput, taskInput, correlationId } = request;
    const { run, carried } = await this.#planRerun(asked, reRunFromTaskId, taskInput);
    const { start } = run.snapshot;
    const input: ExecutionInput = {
      ...start,
      input: workflowInput ?? start.input,
      correlationId: correlationId ?? start.correlationId,
      carried: { ...carried, reRunFromWorkflowId: run.workflowId },
    };
    await this.#goOn(run, input, operation);
  }

  async #planRerun(
    asked: ClosedExecution,
    taskId: string | undefined,
    taskInput: JsonMap | undefined,
  ): Promise<{ run: ClosedExecution; carried: CarriedExecution }> {
    if (taskId === undefined || taskId === "") {
      const { definition } = asked.snapshot.start;
      const { createMs } = asked.snapshot;
      const carried = {
        createMs,
        variables: definition.variables,
        skipped: {},
        signals: [],
        tasks: packTasks([]),
      };
      return { run: asked, carried };
    }
    for await (const run of this.#withSubWorkflows(asked)) {
      const target = run.snapshot.tasks.find((task) => task.taskId === taskId);
      if (target !== undefined) return { run, carried: rerunPlan(run.snapshot, target, taskInput) };
    }
    throw new InvalidArgumentError(
      `workflow "${asked.workflowId}" has no task ${taskId}, and none of its sub-workflows has; list its tasks`,
      { details: { workflowId: asked.workflowId, taskId } },
    );
  }

  /** The execution, and those that it started and that have ended, breadth first. */
  async *#withSubWorkflows(asked: ClosedExecution): AsyncGenerator<ClosedExecution> {
    const found = [asked];
    for (let run = found.shift(); run !== undefined; run = found.shift()) {
      yield run;
      for (const { subWorkflowId } of run.snapshot.tasks) {
        const child = subWorkflowId === undefined ? undefined : await this.#closedOrNone(subWorkflowId);
        if (child !== undefined) found.push(child);
      }
    }
  }

  /** The sub-workflow that failed last, of this one or of one that it started; itself when none did. */
  async #lastFailed(asked: ClosedExecution): Promise<ClosedExecution> {
    let run = asked;
    for (;;) {
      const failed = [...lastAttempts(run.snapshot.tasks)].findLast(
        ({ taskType, subWorkflowId, status }) =>
          taskType === "SUB_WORKFLOW" && subWorkflowId !== undefined && UNSUCCESSFUL.has(status),
      );
      const child =
        failed?.subWorkflowId === undefined ? undefined : await this.#closedOrNone(failed.subWorkflowId);
      if (child === undefined || child.status === "completed") return run;
      run = child;
    }
  }

  /** Starts the run that follows: of the execution, or of the one by which it is taken up. */
  async #goOn(leaf: ClosedExecution, input: ExecutionInput, operation: string): Promise<void> {
    let [run, next]: [ClosedExecution, ExecutionInput] = [leaf, { ...input, operation }];
    for (;;) {
      const parent = await this.#parentToTakeUp(run);
      if (parent === undefined) break;
      const { parentWorkflowTaskId: taskId = "" } = run.snapshot.start;
      const carried = retryPlan(parent.snapshot, { taskId, input: next });
      [run, next] = [parent, { ...parent.snapshot.start, carried }];
    }
    const { client } = this.options;
    // The same for whoever asks for the same of the same run.
    const operationId = client.repair.runIdOf(
      `${operation} ${leaf.workflowId} ${leaf.runId} ${run.runId}`,
      run.workflowId,
    );
    const attributes = withoutAbsent(startAttributes(next)) as Attributes;
    await client.startInPlaceOf(run, CONDUCTOR_WORKFLOW, next, { attributes }, { operationId });
  }

  /** The execution that started this one as its task, when it has ended and the task still is the one that counts. */
  async #parentToTakeUp({ workflowId, snapshot }: ClosedExecution): Promise<ClosedExecution | undefined> {
    const { parentWorkflowId, parentWorkflowTaskId: taskId } = snapshot.start;
    if (parentWorkflowId === undefined || taskId === undefined) return undefined;
    const parent = await this.#closedOrNone(parentWorkflowId);
    if (parent === undefined) {
      await this.#assertNotTakenUp(workflowId, { parentWorkflowId, taskId });
      return undefined;
    }
    const task = [...lastAttempts(parent.snapshot.tasks)].find((each) => each.taskId === taskId);
    const definition = task?.task ?? definedTask(parent.snapshot, task?.name);
    return task === undefined || definition?.optional === true ? undefined : parent;
  }

  /** An execution whose parent waits for it at this moment is about to be started by that. */
  async #assertNotTakenUp(
    workflowId: string,
    { parentWorkflowId, taskId }: { parentWorkflowId: string; taskId: string },
  ): Promise<void> {
    const { client } = this.options;
    const task = (await client.query(parentWorkflowId, queryTask.name, { taskId }).catch(noSuchWorkflow)) as
      JsonMap | null | undefined;
    if (task?.["status"] !== "IN_PROGRESS" && task?.["status"] !== "SCHEDULED") return;
    throw new NotResettableError(
      `workflow "${workflowId}" is about to be taken up by workflow "${parentWorkflowId}", whose task ${taskId} waits for it; look again`,
      { details: { workflowId, parentWorkflowId, taskId } },
    );
  }

  /** Undefined when the run that the workflow has now was made by this very call. */
  async #closed(workflowId: string, operation: string): Promise<ClosedExecution | undefined> {
    const run = parseHistory(await this.options.client.exportHistory(workflowId));
    if (operation.startsWith(KEYED) && startOf(run)?.["operation"] === operation) return undefined;
    if (!isClosedStatus(run.status)) {
      throw new NotResettableError(
        `workflow "${workflowId}" has not ended, so it cannot go on from where it ended; terminate it first`,
        { details: { workflowId, status: run.status } },
      );
    }
    return { ...run, snapshot: await replayedSnapshot(run) };
  }

  async #closedOrNone(workflowId: string): Promise<ClosedExecution | undefined> {
    const exported = await this.options.client.exportHistory(workflowId).catch(noSuchWorkflow);
    const run = exported === undefined ? undefined : parseHistory(exported);
    if (run === undefined || !isClosedStatus(run.status)) return undefined;
    return { ...run, snapshot: await replayedSnapshot(run) };
  }
}

const KEYED = "keyed ";

/** Names what is asked for; by the caller's key, if there is one, so that a repetition is told from a second call. */
function operationOf(kind: string, request: object, { idempotencyKey }: KeyedCall): string {
  return idempotencyKey === undefined
    ? `${kind} ${JSON.stringify(request)}`
    : `${KEYED}${kind} ${idempotencyKey}`;
}

/** What a run was started with. */
function startOf({ records: [first] }: WorkflowHistory): JsonMap | undefined {
  const record = first === undefined ? undefined : decodeHistoryRecord(first);
  const input = record?.kind === "started" ? decodePayload(record.input) : undefined;
  return isJsonMap(input) ? input : undefined;
}

const UNSUCCESSFUL: ReadonlySet<string> = new Set([
  "FAILED",
  "TIMED_OUT",
  "CANCELED",
  "FAILED_WITH_TERMINAL_ERROR",
]);

function definedTask({ start }: ExecutionSnapshot, name: string | undefined) {
  return name === undefined ? undefined : tasksByName(start.definition).get(name);
}

function refused({ workflowId, runId, status }: ClosedExecution, why: string): NotResettableError {
  return new NotResettableError(`workflow "${workflowId}" cannot be retried: ${why}`, {
    details: { workflowId, runId, status },
  });
}

/** Undefined for a workflow that is gone. */
function noSuchWorkflow(error: unknown): undefined {
  if (error instanceof WorkflowNotFoundError) return undefined;
  throw error;
}
