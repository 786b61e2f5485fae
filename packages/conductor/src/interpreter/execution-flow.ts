import { ActivityFailedError, CancelledError } from "@heddle/protocol";
import type { Branch, Deferred, WorkflowContext } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import { retryDelayMs } from "../definition/retry-delay.js";
import type { WorkflowTask } from "../definition/workflow-def.js";
import type { Execution, ExecutionEnd, NewTask } from "./execution.js";
import { IterationScope } from "./iteration-scope.js";
import { withTaskDefinitions } from "./task-definitions.js";
import type { Code, Flow, TaskExecutor } from "./task-executor.js";
import { causeOf, failureOutcome, timeoutOutcome } from "./task-failure.js";
import { CHOOSE_DOMAIN, callSystem, type ChooseDomainCall } from "./system-calls.js";
import { domainsOf } from "./task-queue-name.js";
import type { TaskOutcome, TaskRecord, TaskSettlement } from "./task-record.js";
import { isOpenStatus, isRetriable, isSuccessful } from "./task-status.js";
import type { SkippedTask } from "./skipped-task.js";
import { runDoWhile } from "./tasks/do-while.js";
import { executorOf, isWorkerTask } from "./tasks/executors.js";
import { runFork } from "./tasks/fork.js";
import { joinedRefs, runExclusiveJoin, runJoin } from "./tasks/join.js";
import { runTerminate } from "./tasks/pure-tasks.js";
import { runSwitch } from "./tasks/switch.js";

/** Types whose failures are never tried again. */
const NEVER_RETRIED: ReadonlySet<string> = new Set(["JOIN", "EXCLUSIVE_JOIN"]);

/**
 * Runs a definition as structured code: lists in order, forks side by side, loops as loops. An event wakes the code that
 * waits for it and nothing else.
 */
export class ExecutionFlow implements Flow {
  readonly ctx: WorkflowContext;
  /** By reference name: tasks that are not to be run when their turn comes. */
  readonly skipped: Map<string, SkippedTask>;
  readonly #finished: Deferred<ExecutionEnd>;
  /** While it is paused. */
  #resumed: Deferred<void> | undefined;
  readonly #permissiveFailures: TaskRecord[] = [];

  constructor(readonly execution: Execution) {
    this.ctx = execution.ctx;
    this.skipped = new Map(Object.entries(execution.start.carried?.skipped ?? {}));
    this.#finished = this.ctx.deferred<ExecutionEnd>();
  }

  /** Resolves when the execution has come to its end, in whatever way; code that still waits is cancelled then. */
  *run(): Code<ExecutionEnd> {
    const { timeoutSeconds } = this.execution.definition;
    return yield* this.ctx.race([
      this.#runAll(),
      this.#finished.wait(),
      ...(timeoutSeconds > 0 ? [this.#watchTimeout(timeoutSeconds * 1000)] : []),
    ]);
  }

  /** Ends the execution from outside of its code. */
  end(end: ExecutionEnd): void {
    this.#finished.resolve(end);
  }

  /** Nothing new is scheduled from now on; what is under way goes on. */
  pause(): void {
    this.#resumed ??= this.ctx.deferred();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  *runList(tasks: readonly WorkflowTask[], scope: IterationScope, given?: JsonMap): Code<void> {
    for (const [index, task] of tasks.entries()) {
      try {
        if (task.type === "FORK_JOIN" || task.type === "FORK_JOIN_DYNAMIC") {
          yield* runFork(this, task, tasks.slice(index + 1), scope);
          return;
        }
        yield* this.#runTask(task, scope, index === 0 ? given : undefined);
      } catch (error) {
        if (error instanceof CancelledError) throw error;
        // Outside of its attempts: definitions that nobody could look up, a template that comes out too large. Here,
        // because a fork would wait for its other branches first.
        const reason = `task ${task.taskReferenceName} cannot be run: ${messageOf(error)}`;
        yield* this.finish({ status: "FAILED", reason });
      }
    }
  }

  *schedule(task: NewTask): Code<TaskRecord> {
    yield* this.#whenResumed();
    return this.execution.schedule(task);
  }

  *#whenResumed(): Code<void> {
    while (this.#resumed !== undefined) yield* this.#resumed.wait();
  }

  passOver(record: TaskRecord): void {
    this.execution.records.endedForGood(record);
  }

  *settle(record: TaskRecord, outcome: TaskOutcome): Code<void> {
    const { optional, permissive } = record.task;
    const { endsWorkflow = false } = outcome;
    const hasFailed = !isSuccessful(outcome.status);
    const goesOn = hasFailed && !endsWorkflow && (optional || permissive);
    const status = goesOn && optional ? "COMPLETED_WITH_ERRORS" : outcome.status;
    this.execution.end(record, { ...outcome, status });
    this.execution.records.endedForGood(record);
    if (goesOn && !optional) this.#permissiveFailures.push(record);
    if (hasFailed && !goesOn) yield* this.finish(failureOf(record));
  }

  *finish(end: ExecutionEnd): Code<never> {
    this.#finished.resolve(end);
    // The end cancels all code, this one included.
    return yield* this.ctx.deferred<never>().wait();
  }

  *#runAll(): Code<ExecutionEnd> {
    yield* this.runList(this.execution.definition.tasks, IterationScope.outsideOfLoops);
    yield* this.#whenResumed();
    const [first] = this.#permissiveFailures;
    if (first === undefined) return { status: "COMPLETED" };
    const reason = this.#permissiveFailures.map((record) => failureOf(record).reason).join(" ");
    return { status: "FAILED", reason, failedTask: first };
  }

  *#watchTimeout(timeoutMs: number): Code<ExecutionEnd> {
    const { execution } = this;
    for (;;) {
      const dueMs = execution.clockMs + timeoutMs;
      yield* this.ctx.sleepUntil(dueMs);
      // A resume sets the clock back.
      if (execution.clockMs + timeoutMs > dueMs) continue;
      const seconds = timeoutMs / 1000;
      const { timeoutPolicy } = execution.definition;
      const reason = `Workflow timed out after ${seconds} seconds. Timeout configured as ${seconds} seconds. Timeout policy configured to ${timeoutPolicy}`;
      if (timeoutPolicy === "TIME_OUT_WF") return { status: "TIMED_OUT", reason };
      this.ctx.log.warn(reason);
      return yield* this.ctx.deferred<never>().wait();
    }
  }

  *#runTask(task: WorkflowTask, scope: IterationScope, given: JsonMap | undefined): Code<void> {
    const name = task.taskReferenceName;
    // First, because it may be skipped while the execution is paused.
    yield* this.#whenResumed();
    const skipped = this.skipped.get(name + scope.suffix) ?? this.skipped.get(name);
    if (skipped !== undefined) return yield* this.#skip(task, scope, skipped);
    switch (task.type) {
      case "SWITCH":
      case "DECISION":
        return yield* runSwitch(this, task, scope);
      case "DO_WHILE":
        return yield* runDoWhile(this, task, scope);
      case "TERMINATE":
        return yield* runTerminate(this, task, scope);
      case "JOIN":
        return yield* this.#attempts({ task, scope, given: { joinOn: task.joinOn } }, (flow, record) =>
          runJoin(flow, record, joinedRefs(task, scope)),
        );
      case "EXCLUSIVE_JOIN":
        return yield* this.#attempts({ task, scope, given }, (flow, record) =>
          runExclusiveJoin(flow, record, scope),
        );
      case "DYNAMIC":
        return yield* this.#runDynamic(task, scope, given);
      default:
        return yield* this.#attempts({
          task,
          scope,
          given,
          taskType: task.type === "SIMPLE" ? task.name : task.type,
        });
    }
  }

  *#skip(task: WorkflowTask, scope: IterationScope, { taskInput, taskOutput }: SkippedTask): Code<void> {
    const record = yield* this.schedule({ task, scope });
    if (!isOpenStatus(record.status)) {
      this.passOver(record);
      return;
    }
    record.input = taskInput ?? record.input;
    yield* this.settle(record, { status: "SKIPPED", output: taskOutput ?? {} });
  }

  /** DYNAMIC: an input says which task it is. */
  *#runDynamic(task: WorkflowTask, scope: IterationScope, given: JsonMap | undefined): Code<void> {
    const before = this.execution.carried.last(task.taskReferenceName + scope.suffix)?.record;
    if (before !== undefined) {
      yield* this.#attempts({ task: before.task, scope, given, taskType: before.taskType });
      return;
    }
    const param = task.dynamicTaskNameParam ?? "";
    const input = { ...(this.execution.resolve(task.inputParameters) as JsonMap), ...given };
    const name = Object.hasOwn(input, param) ? input[param] : undefined;
    if (typeof name !== "string" || name === "") {
      const reason = `Cannot map a dynamic task based on the parameter and input. Parameter= ${param}`;
      return yield* this.finish({ status: "FAILED", reason });
    }
    const [defined = task] = yield* withTaskDefinitions(this, [{ ...task, name }]);
    yield* this.#attempts({ task: defined, scope, given, taskType: name });
  }

  /** One attempt after the other, until one is the last. */
  *#attempts(first: NewTask, executor?: TaskExecutor): Code<void> {
    const { task, taskType = task.type } = first;
    const isWorker = isWorkerTask({ task, taskType });
    const domain = isWorker ? yield* this.#domainOf(taskType) : undefined;
    let next: NewTask = { ...first, domain };
    for (;;) {
      const record = yield* this.schedule(next);
      if (!isOpenStatus(record.status)) {
        this.passOver(record);
        return;
      }
      const outcome = yield* this.#attempt(record, executor ?? executorOf(record));
      if (!this.#mayRetry(record, outcome)) return yield* this.settle(record, outcome);
      this.execution.end(record, outcome);
      const delayMs = retryDelayMs(record.taskDef, record.retryCount, this.ctx.random());
      next = { ...first, domain, retryOf: record, delayMs };
    }
  }

  /** Of several the one that somebody polls. */
  *#domainOf(taskType: string): Code<string | undefined> {
    const domains = domainsOf(taskType, this.execution.start.taskToDomain);
    if (domains.length === 1) return domains[0];
    const call: ChooseDomainCall = { taskType, domains: domains.map((domain) => domain ?? null) };
    return ((yield* callSystem(this, CHOOSE_DOMAIN, call)) as string | null) ?? undefined;
  }

  #mayRetry({ task, taskDef, retryCount }: TaskRecord, outcome: TaskOutcome): boolean {
    if (!isRetriable(outcome.status) || outcome.isFinal === true || outcome.endsWorkflow === true)
      return false;
    return !NEVER_RETRIED.has(task.type) && retryCount < (task.retryCount ?? taskDef.retryCount);
  }

  /** Until the code of the task, somebody outside or a timeout ends it. */
  *#attempt(record: TaskRecord, executor: TaskExecutor): Code<TaskOutcome> {
    try {
      for (;;) {
        const settled = yield* this.ctx.race([
          this.#execute(record, executor),
          record.settlement.wait(),
          ...this.#timeouts(record),
        ] as Branch<TaskSettlement>[]);
        if (settled.kind === "ended") return settled.outcome;
        record.status = "SCHEDULED";
        record.pollCount++;
        record.settlement = this.ctx.deferred<TaskSettlement>();
        record.delayMs = settled.afterMs;
      }
    } catch (error) {
      return failureOutcome(error, record.taskDef);
    }
  }

  *#execute(record: TaskRecord, executor: TaskExecutor): Code<TaskSettlement> {
    if (record.delayMs > 0) yield* this.ctx.sleep(record.delayMs);
    record.delayMs = 0;
    record.callbackAfterSeconds = 0;
    return { kind: "ended", outcome: yield* executor(this, record) };
  }

  *#timeoutAt(dueMs: number, outcome: TaskOutcome): Code<TaskSettlement> {
    yield* this.ctx.sleepUntil(dueMs);
    return { kind: "ended", outcome };
  }

  #timeouts(record: TaskRecord): Code<TaskSettlement>[] {
    const { taskDef, firstScheduledMs } = record;
    const { timeoutSeconds, totalTimeoutSeconds, timeoutPolicy } = taskDef;
    if (timeoutPolicy === "ALERT_ONLY") return [];
    const timeouts: Code<TaskSettlement>[] = [];
    // Those of a worker's attempt begin when a worker takes it, which the engine knows.
    if (timeoutSeconds > 0 && !isWorkerTask(record)) {
      const reason = `Task timed out after ${timeoutSeconds} seconds`;
      const dueMs = this.ctx.now() + record.delayMs + timeoutSeconds * 1000;
      timeouts.push(this.#timeoutAt(dueMs, timeoutOutcome("attempt", taskDef, reason)));
    }
    if (totalTimeoutSeconds > 0) {
      const reason = `Task timed out: its attempts took more than ${totalTimeoutSeconds} seconds`;
      const dueMs = firstScheduledMs + totalTimeoutSeconds * 1000;
      timeouts.push(this.#timeoutAt(dueMs, timeoutOutcome("total", taskDef, reason)));
    }
    return timeouts;
  }
}

function failureOf(record: TaskRecord): ExecutionEnd {
  const { taskId, status: taskStatus, reason = "" } = record;
  const status =
    taskStatus === "CANCELED" ? "TERMINATED" : taskStatus === "TIMED_OUT" ? "TIMED_OUT" : "FAILED";
  return {
    status,
    reason: `Task ${taskId} failed with status: ${status} and reason: '${reason}'`,
    failedTask: record,
  };
}

function messageOf(error: unknown): string {
  if (error instanceof ActivityFailedError) return causeOf(error).message;
  return error instanceof Error ? error.message : String(error);
}
