import type { Operation, WorkflowContext } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import type { WorkflowTask } from "../definition/workflow-def.js";
import type { Execution, ExecutionEnd, NewTask } from "./execution.js";
import type { IterationScope } from "./iteration-scope.js";
import type { TaskOutcome, TaskRecord } from "./task-record.js";

/** Code of the interpreter: a generator, so that what it awaits is durable. */
export type Code<T> = Generator<Operation<unknown>, T, unknown>;

/** What the code of a task may do with the execution that it is part of. */
export interface Flow {
  readonly ctx: WorkflowContext;
  readonly execution: Execution;
  /**
   * Runs tasks one after the other, with everything that they start; resolves when all of it has ended. `given` is added
   * to the input of the first, as data.
   */
  runList(tasks: readonly WorkflowTask[], scope: IterationScope, given?: JsonMap): Code<void>;
  /** Makes the record of a task, not before the execution goes on when it is paused. */
  schedule(task: NewTask): Code<TaskRecord>;
  /** A task that an earlier run has ended: who waits for it goes on. */
  passOver(record: TaskRecord): void;
  /** Ends a task that is not retried, and the execution with it when the task does not let it go on. */
  settle(record: TaskRecord, outcome: TaskOutcome): Code<void>;
  /** Ends the execution. The code that calls it does not go on. */
  finish(end: ExecutionEnd): Code<never>;
}

/** What a task of some type does, from its record to how it ended. A race may cut it off anywhere. */
export type TaskExecutor = (flow: Flow, record: TaskRecord) => Code<TaskOutcome>;
