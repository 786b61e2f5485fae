import type { JsonMap } from "../definition/json-bean.js";
import type { ExpressionScope } from "../expression/expression-scope.js";
import type { WorkflowDef } from "../definition/workflow-def.js";
import type { ExecutionInput } from "./execution-input.js";
import { taskDefName, type TaskRecord } from "./task-record.js";
import type { TaskRecords } from "./task-records.js";
import { isOpenStatus, type ExecutionStatus } from "./task-status.js";

/** The part of an execution that expressions see. */
interface VisibleExecution {
  readonly records: TaskRecords;
  readonly definition: WorkflowDef;
  readonly start: ExecutionInput;
  readonly workflowId: string;
  readonly correlationId: string | undefined;
  readonly input: JsonMap;
  readonly output: JsonMap;
  readonly variables: JsonMap;
  readonly status: ExecutionStatus;
  readonly reason: string | undefined;
}

/** What expressions see of an execution. */
export class ExecutionScope implements ExpressionScope {
  #sawGrowing = false;

  constructor(private readonly execution: VisibleExecution) {}

  find(name: string): unknown {
    if (name === "workflow") return this.#workflow();
    const record = this.execution.records.byName(name);
    return record === undefined ? undefined : this.#task(record);
  }

  whole(): JsonMap {
    const { records } = this.execution;
    const entries = Array.from(records.names(), (name) => [name, this.find(name)] as const);
    return { ...Object.fromEntries(entries), workflow: this.#workflow() };
  }

  /** Whether a value was given out since the last call that will still be changed in place. */
  takeSawGrowing(): boolean {
    const saw = this.#sawGrowing;
    this.#sawGrowing = false;
    return saw;
  }

  #workflow(): JsonMap {
    const { execution } = this;
    const { start, definition } = execution;
    return {
      input: execution.input,
      output: execution.output,
      status: execution.status,
      workflowId: execution.workflowId,
      parentWorkflowId: start.parentWorkflowId,
      parentWorkflowTaskId: start.parentWorkflowTaskId,
      workflowType: definition.name,
      version: definition.version,
      correlationId: execution.correlationId,
      reasonForIncompletion: execution.reason,
      schemaVersion: definition.schemaVersion,
      variables: execution.variables,
    };
  }

  #task(record: TaskRecord): JsonMap {
    this.#sawGrowing ||= record.taskType === "DO_WHILE" && isOpenStatus(record.status);
    return {
      input: record.input,
      output: record.output,
      taskType: record.taskType,
      status: record.status,
      referenceTaskName: record.ref,
      retryCount: record.retryCount,
      correlationId: this.execution.correlationId,
      pollCount: record.pollCount,
      taskDefName: taskDefName(record.task, record.taskType),
      scheduledTime: record.scheduledMs,
      startTime: record.startMs,
      endTime: record.endMs,
      workflowInstanceId: this.execution.workflowId,
      taskId: record.taskId,
      reasonForIncompletion: record.reason,
      callbackAfterSeconds: record.callbackAfterSeconds,
      workerId: record.workerId,
      iteration: record.iteration,
    };
  }
}
