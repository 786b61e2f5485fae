import type { JsonMap } from "../definition/json-bean.js";
import type { Executions } from "./executions.js";
import type { Stop } from "./execution-watch.js";

export const RETURN_STRATEGIES = [
  "TARGET_WORKFLOW",
  "BLOCKING_WORKFLOW",
  "BLOCKING_TASK",
  "BLOCKING_TASK_INPUT",
] as const;
export type ReturnStrategy = (typeof RETURN_STRATEGIES)[number];

interface Asked {
  readonly targetWorkflowId: string;
  readonly requestId: string;
  readonly returnStrategy: ReturnStrategy;
  /** Undefined: the wait has passed, and the execution goes on. */
  readonly stop: Stop | undefined;
}

/** What a call that waited for an execution is answered with; undefined when it asks for a task and none blocks. */
export async function signalResponse(executions: Executions, asked: Asked): Promise<JsonMap | undefined> {
  const { targetWorkflowId, requestId, returnStrategy, stop } = asked;
  const target = await executions.read(targetWorkflowId);
  const common = {
    responseType: returnStrategy,
    targetWorkflowId,
    targetWorkflowStatus: target["status"],
    requestId,
    ...(stop === undefined ? { signalTimeout: true } : {}),
  };
  const blocked = stop?.kind === "blocked" ? stop : undefined;
  if (returnStrategy === "BLOCKING_TASK" || returnStrategy === "BLOCKING_TASK_INPUT") {
    return blocked && { ...common, ...taskRun(blocked.task) };
  }
  const isElsewhere = returnStrategy === "BLOCKING_WORKFLOW" && blocked !== undefined;
  const workflow =
    isElsewhere && blocked.workflowId !== targetWorkflowId
      ? await executions.read(blocked.workflowId)
      : target;
  return { ...common, ...workflowRun(workflow) };
}

const WORKFLOW_RUN = [
  ...["workflowId", "correlationId", "input", "output", "priority", "variables", "tasks", "createdBy"],
  ...["createTime", "status", "updateTime"],
];

function workflowRun(workflow: JsonMap): JsonMap {
  return picked(workflow, WORKFLOW_RUN);
}

const TASK_RUN = [
  ...[
    "taskType",
    "taskId",
    "referenceTaskName",
    "retryCount",
    "taskDefName",
    "retriedTaskId",
    "workflowType",
  ],
  ...["reasonForIncompletion", "correlationId", "status", "updateTime"],
];

function taskRun(task: JsonMap): JsonMap {
  const { workflowInstanceId, inputData, outputData, workflowPriority, workerId, startTime } = task;
  return {
    ...picked(task, TASK_RUN),
    ...{ workflowId: workflowInstanceId, input: inputData, output: outputData },
    ...{ priority: workflowPriority, createTime: startTime },
    ...(workerId === undefined ? {} : { createdBy: workerId }),
  };
}

/** Without what is absent. */
function picked(source: JsonMap, names: readonly string[]): JsonMap {
  const found: JsonMap = {};
  for (const name of names) if (source[name] !== undefined) found[name] = source[name];
  return found;
}
