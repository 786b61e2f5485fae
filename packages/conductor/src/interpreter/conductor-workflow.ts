import { CancelledError, InvalidArgumentError, WorkflowNotRunningError } from "@heddle/protocol";
import { workflow } from "@heddle/workflow";
import type { JsonMap } from "../definition/json-bean.js";
import { blockingOf } from "./blocking.js";
import { concludeExecution } from "./conclude-execution.js";
import { Execution, type ExecutionEnd } from "./execution.js";
import { ExecutionFlow } from "./execution-flow.js";
import {
  assertExecutionInput,
  CONDUCTOR_WORKFLOW,
  executionInput,
  type ExecutionInput,
} from "./execution-input.js";
import { executionJson, tasksOf } from "./execution-json.js";
import {
  pauseExecution,
  queryBlocking,
  queryExecution,
  querySnapshot,
  queryTask,
  queryTasks,
  resetCallbacks,
  resumeExecution,
  skipTask,
  taskSkip,
  terminateExecution,
  updateState,
  updateTask,
  type TaskSkip,
} from "./execution-messages.js";
import { snapshotOf } from "./execution-snapshot.js";
import { EXECUTION_ATTRIBUTES, startAttributes, statusAttribute } from "./execution-attributes.js";
import { eachTask } from "../definition/each-task.js";
import { STARTED_SIGNAL } from "./start-execution.js";
import { applyStateUpdate, assertStateUpdate } from "./state-updates.js";
import { applyResetCallbacks, applyTaskUpdate, assertTaskUpdate } from "./task-updates.js";
import { taskJson } from "./task-json.js";

/**
 * The one workflow that executes definitions. Its result is the output of the execution; an execution that does not
 * complete fails the run with a `WorkflowEndedError`, whose details have its status, reason and output.
 */
export const conductorWorkflow = workflow({
  name: CONDUCTOR_WORKFLOW,
  description: "Executes a JSON workflow definition",
  inputSchema: executionInput,
})
  .searchAttributes(EXECUTION_ATTRIBUTES)
  .execute(function* (ctx, input: ExecutionInput) {
    assertExecutionInput(input);
    const execution = new Execution(ctx, input);
    const flow = new ExecutionFlow(execution);
    const setStatus = () => ctx.setAttributes(statusAttribute(execution));
    ctx.setAttributes({ ...startAttributes(input), ...statusAttribute(execution) });
    takeMessages(flow, setStatus);
    let end: ExecutionEnd;
    try {
      end = yield* flow.run();
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      end = { status: "TERMINATED", reason: error.message, fromOutside: true };
    }
    return yield* concludeExecution(flow, end, setStatus);
  });

function takeMessages(flow: ExecutionFlow, setStatus: () => void): void {
  const { ctx, execution } = flow;
  ctx.onQuery(queryExecution, (which) => executionJson(execution, which ?? {}));
  ctx.onQuery(querySnapshot, () => snapshotOf(flow));
  ctx.onQuery(queryTasks, (which) => tasksOf(execution, which ?? {}));
  ctx.onQuery(queryBlocking, (which) => blockingOf(execution, which?.refs ?? []));
  ctx.onQuery(queryTask, ({ taskId }) => {
    const record = execution.records.byId(taskId);
    return record === undefined ? null : taskJson(record, execution);
  });

  const pause = () => {
    if (execution.status !== "RUNNING") return;
    execution.status = "PAUSED";
    execution.touch();
    flow.pause();
    setStatus();
  };
  const resume = () => {
    if (execution.status !== "PAUSED") return;
    execution.status = "RUNNING";
    execution.lastRetriedMs = execution.touch();
    execution.clockMs = execution.lastRetriedMs;
    flow.resume();
    setStatus();
  };
  const terminate = (request: unknown) => {
    const { reason } = (request ?? {}) as JsonMap;
    flow.end({
      status: "TERMINATED",
      reason: typeof reason === "string" ? reason : undefined,
      fromOutside: true,
    });
    return undefined;
  };

  ctx.onUpdate(updateTask, (update) => applyTaskUpdate(execution, update), {
    validate: (update) => assertTaskUpdate(execution, update),
  });
  ctx.onUpdate(skipTask, (skip) => void flow.skipped.set(skip.taskReferenceName, taskSkip.parse(skip)), {
    validate: (skip) => assertSkip(execution, skip),
  });
  ctx.onUpdate(updateState, (change) => applyStateUpdate(execution, change), {
    validate: (change) => {
      assertOpen(execution);
      assertStateUpdate(execution, change);
    },
  });
  ctx.onUpdate(resetCallbacks, () => applyResetCallbacks(execution), {
    validate: () => assertOpen(execution),
  });
  ctx.onUpdate(pauseExecution, () => pause(), { validate: () => assertOpen(execution) });
  ctx.onUpdate(resumeExecution, () => resume(), { validate: () => assertPaused(execution) });
  ctx.onUpdate(terminateExecution, terminate, {
    validate: () => assertOpen(execution),
  });

  // Nobody hears what is wrong with a signal, and what its handler throws would fail the run.
  ctx.onSignal(updateTask.name, (update) => {
    try {
      assertTaskUpdate(execution, update as never);
      applyTaskUpdate(execution, update as never);
    } catch (error) {
      ctx.log.warn("a signal to update a task was ignored", { error: String(error) });
    }
  });
  ctx.onSignal(pauseExecution.name, pause);
  ctx.onSignal(resumeExecution.name, resume);
  ctx.onSignal(terminateExecution.name, terminate);
  ctx.onSignal(STARTED_SIGNAL, () => undefined);
}

function assertOpen({ isOver, status, workflowId }: Execution): void {
  if (!isOver) return;
  throw new WorkflowNotRunningError(`workflow ${workflowId} is ${status}`, {
    details: { workflowId, status },
  });
}

function assertPaused(execution: Execution): void {
  assertOpen(execution);
  const { status, workflowId } = execution;
  if (status === "PAUSED") return;
  throw new WorkflowNotRunningError(`workflow ${workflowId} is ${status}; only a paused one can be resumed`, {
    details: { workflowId, status },
  });
}

function assertSkip(execution: Execution, skip: TaskSkip): void {
  assertOpen(execution);
  const parsed = taskSkip.safeParse(skip);
  if (!parsed.success)
    throw new InvalidArgumentError(`the request to skip a task is refused: ${parsed.error.message}`);
  const ref = parsed.data.taskReferenceName;
  if (execution.records.byRef(ref) !== undefined) {
    throw new InvalidArgumentError(`task ${ref} has been scheduled already, so it cannot be skipped`);
  }
  const found = Array.from(eachTask(execution.definition.tasks)).find(
    ({ task }) => ref === task.taskReferenceName || ref.startsWith(`${task.taskReferenceName}__`),
  );
  if (found === undefined)
    throw new InvalidArgumentError(`the definition has no task with the reference name ${ref}`);
  if (found.task.type.startsWith("FORK_JOIN")) {
    throw new InvalidArgumentError(`task ${ref} is a fork; skip the tasks of its branches instead`);
  }
}
