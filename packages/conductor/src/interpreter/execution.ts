import { InvalidArgumentError } from "@heddle/protocol";
import type { WorkflowContext } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import type { WorkflowDef, WorkflowTask } from "../definition/workflow-def.js";
import { resolveTemplate, type SecretPath } from "../expression/resolve.js";
import { taskInput, workflowInput } from "../expression/task-input.js";
import { CarriedRecords, restoredFields, type CarriedTask } from "./carried-execution.js";
import { ExecutionScope } from "./execution-scope.js";
import type { ExecutionInput } from "./execution-input.js";
import type { IterationScope } from "./iteration-scope.js";
import { TaskRecords } from "./task-records.js";
import { taskIdOf } from "./task-id.js";
import { taskDefOf, type TaskOutcome, type TaskRecord, type TaskSettlement } from "./task-record.js";
import { isOpenStatus, type EndedExecutionStatus, type ExecutionStatus } from "./task-status.js";

/** How an execution ends. */
export interface ExecutionEnd {
  readonly status: EndedExecutionStatus;
  readonly reason?: string | undefined;
  /** In place of the one that the definition's template gives. */
  readonly output?: JsonMap | undefined;
  /** The task that ended it. */
  readonly failedTask?: TaskRecord | undefined;
  /** Somebody outside ended it, so its failure workflow is not started. */
  readonly fromOutside?: boolean;
}

export interface NewTask {
  readonly task: WorkflowTask;
  readonly scope: IterationScope;
  /** Default: that of the task. */
  readonly taskType?: string;
  readonly domain?: string | undefined;
  /** The attempt before. */
  readonly retryOf?: TaskRecord | undefined;
  /** Default: the start delay of the task. */
  readonly delayMs?: number | undefined;
  /** Added to the resolved input as it is: data, in which nothing is resolved. */
  readonly given?: JsonMap | undefined;
}

/** A definition without an end would otherwise fill the memory of every process that rebuilds it. */
const MAX_TASKS = 100_000;

/** The state of one execution of a definition, in memory; rebuilt by replay, and nowhere else. */
export class Execution {
  readonly records = new TaskRecords();
  /** Of earlier runs of the execution, as far as its code has not come to them. */
  readonly carried: CarriedRecords;
  readonly definition: WorkflowDef;
  readonly input: JsonMap;
  readonly correlationId: string | undefined;
  readonly priority: number;
  readonly workflowId: string;
  readonly createMs: number;
  status: ExecutionStatus = "RUNNING";
  variables: JsonMap;
  output: JsonMap = {};
  reason: string | undefined;
  updateMs: number;
  endMs: number | undefined;
  /** From when its timeout counts. */
  clockMs: number;
  lastRetriedMs: number | undefined;
  /** Of the first dynamic fork; the tasks of the others are named after their fork. */
  firstDynamicFork: string | undefined;
  readonly #scope: ExecutionScope;

  constructor(
    readonly ctx: WorkflowContext,
    readonly start: ExecutionInput,
  ) {
    this.definition = start.definition;
    this.input = workflowInput(start.definition, start.input ?? {});
    this.correlationId = start.correlationId;
    this.priority = start.priority ?? 0;
    this.workflowId = ctx.workflowId;
    const { carried } = start;
    this.variables = carried?.variables ?? start.definition.variables;
    this.createMs = carried?.createMs ?? ctx.startedAtMs;
    this.updateMs = ctx.startedAtMs;
    this.clockMs = ctx.startedAtMs;
    this.#scope = new ExecutionScope(this);
    if (carried !== undefined) this.lastRetriedMs = ctx.startedAtMs;
    this.carried = new CarriedRecords(carried, start.definition, (each, task) => this.#restore(each, task));
  }

  get isOver(): boolean {
    return this.status !== "RUNNING" && this.status !== "PAUSED";
  }

  touch(): number {
    return (this.updateMs = this.ctx.now());
  }

  /**
   * The record of an attempt, its input computed from what is known now. Of a task that an earlier run came to it is the
   * one that was carried over: one that has ended stands. Throws as of `resolveTemplate`.
   */
  schedule(next: NewTask): TaskRecord {
    const { task, scope } = next;
    const attempts = this.carried.take(task.taskReferenceName + scope.suffix);
    for (const { record } of attempts) scope.add(record);
    const last = attempts.at(-1);
    if (last === undefined) return this.#newRecord(next);
    if (last.carried.then !== "retry") return last.record;
    // What earlier runs took is not counted against its total time.
    return this.#newRecord({ ...next, retryOf: last.record, delayMs: 0 }, this.touch());
  }

  #restore(carried: CarriedTask, task: WorkflowTask): TaskRecord {
    const settlement = this.ctx.deferred<TaskSettlement>();
    const record = { ...restoredFields(carried, task, this.ctx.startedAtMs), settlement };
    this.records.add(record);
    if (record.taskType === "FORK" && record.input["forkTaskInputs"] != null) {
      this.firstDynamicFork ??= record.task.taskReferenceName;
    }
    if (!isOpenStatus(record.status)) this.records.closed(record);
    return record;
  }

  #newRecord(
    { task, scope, taskType, domain, retryOf, delayMs, given }: NewTask,
    firstScheduledMs = retryOf?.firstScheduledMs,
  ): TaskRecord {
    const seq = this.records.nextSeq();
    if (seq > MAX_TASKS) {
      throw new InvalidArgumentError(
        `the execution has had ${MAX_TASKS} tasks, the most that one may have; go on in a sub-workflow`,
      );
    }
    const taskId = taskIdOf(this.workflowId, seq, this.ctx.uuid());
    const now = this.touch();
    const taskDef = taskDefOf(task);
    const { input, secretPaths } = this.#inputOf(task, taskId);
    const delay = delayMs ?? task.startDelay * 1000;
    const record: TaskRecord = {
      ...{ taskId, seq, task, taskDef, taskType: taskType ?? task.type, domain },
      ref: task.taskReferenceName + scope.suffix,
      iteration: scope.iteration,
      retryCount: retryOf === undefined ? 0 : retryOf.retryCount + 1,
      retriedTaskId: retryOf?.taskId,
      scheduledMs: now,
      firstScheduledMs: firstScheduledMs ?? now,
      delayMs: delay,
      startDelaySeconds: Math.ceil(delay / 1000),
      reason: retryOf?.reason,
      status: "SCHEDULED",
      input: given === undefined ? input : { ...input, ...given },
      secretPaths,
      output: {},
      ...{ startMs: undefined, endMs: undefined, updateMs: now },
      callbackAfterSeconds: Math.ceil(delay / 1000),
      ...{ pollCount: 0, workerId: undefined, subWorkflowId: undefined, retried: false },
      settlement: this.ctx.deferred<TaskSettlement>(),
    };
    if (retryOf !== undefined) retryOf.retried = true;
    this.records.add(record);
    scope.add(record);
    return record;
  }

  begin(record: TaskRecord): void {
    record.status = "IN_PROGRESS";
    record.startMs ??= this.ctx.now();
    record.updateMs = this.touch();
  }

  end(record: TaskRecord, outcome: TaskOutcome): void {
    const now = this.touch();
    record.status = outcome.status;
    record.output = outcome.output ?? record.output;
    record.reason = outcome.reason ?? record.reason;
    record.workerId = outcome.workerId ?? record.workerId;
    record.pollCount = outcome.pollCount ?? record.pollCount;
    record.startMs ??= outcome.startMs ?? record.scheduledMs;
    record.endMs = now;
    record.updateMs = now;
    record.callbackAfterSeconds = 0;
    this.records.closed(record);
  }

  /** What a template of the definition comes to. */
  resolve(template: unknown): unknown {
    return this.#detached(resolveTemplate(template, this.#scope, this.#surroundings()).value);
  }

  /** The output of the definition's template, or of the last task when it has none. */
  computedOutput(): JsonMap {
    const { outputParameters } = this.definition;
    if (Object.keys(outputParameters).length > 0) return this.resolve(outputParameters) as JsonMap;
    let last: TaskRecord | undefined;
    for (const record of this.records.all()) last = record;
    return last?.output ?? {};
  }

  #inputOf(task: WorkflowTask, taskId: string): { input: JsonMap; secretPaths: readonly SecretPath[] } {
    const resolved = taskInput(task, taskDefOf(task), this.#scope, this.#surroundings(taskId));
    return { ...resolved, input: this.#detached(resolved.input) };
  }

  #surroundings(taskId?: string): {
    taskId?: string | undefined;
    environment?: Record<string, string> | undefined;
  } {
    return { taskId, environment: this.start.environment };
  }

  /** The output of an open loop grows in place, so who got hold of it gets a copy. */
  #detached<T>(value: T): T {
    return this.#scope.takeSawGrowing() ? structuredClone(value) : value;
  }
}
