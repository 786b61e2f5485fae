import { ChildWorkflowFailedError, WorkflowAlreadyExistsError } from "@heddle/protocol";
import { isJsonMap, type JsonMap } from "../../definition/json-bean.js";
import { workflowDef, type WorkflowDef } from "../../definition/workflow-def.js";
import { printed } from "../../expression/printed.js";
import { executionIdOf } from "../execution-id.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "../execution-input.js";
import type { Execution } from "../execution.js";
import type { Code, Flow, TaskExecutor } from "../task-executor.js";
import { withoutAbsent } from "../task-json.js";
import type { TaskOutcome, TaskRecord } from "../task-record.js";
import { failureDetailsOf } from "../workflow-ended-error.js";
import { findDefinition } from "../find-definition.js";

/** SUB_WORKFLOW: a child of the run, with an id of its own that is the same on replay. Cancelling the task cancels it. */
export const runSubWorkflow: TaskExecutor = function* (flow, record): Code<TaskOutcome> {
  const { ctx, execution } = flow;
  execution.begin(record);
  const resumed = resumedChild(execution, record);
  const child = resumed ?? (yield* childOf(flow, record));
  if ("problem" in child) return { status: "FAILED", reason: child.problem };
  const subWorkflowId = resumed?.subWorkflowId ?? keyedId(record) ?? ctx.uuid();
  const isReusable = resumed !== undefined || record.input["idempotencyStrategy"] === "FAIL_ON_RUNNING";
  record.subWorkflowId = subWorkflowId;
  record.output = { subWorkflowId };
  try {
    const handle = yield* ctx.startChild(CONDUCTOR_WORKFLOW, child.input, {
      ...{ id: subWorkflowId, parentClosePolicy: "request-cancel", cancellation: "try-cancel" },
      ...(isReusable ? {} : { idReuse: "reject" }),
    });
    const output: unknown = yield* handle.result();
    return { status: "COMPLETED", output: { subWorkflowId, ...(isJsonMap(output) ? output : {}) } };
  } catch (error) {
    if (error instanceof ChildWorkflowFailedError)
      return failedChild(error, child.input.definition, subWorkflowId);
    if (error instanceof WorkflowAlreadyExistsError) return taken(error, record);
    throw error;
  }
};

/** When an earlier run began it: the child goes on under its id. */
function resumedChild({ carried }: Execution, record: TaskRecord) {
  const input = carried.childOf(record);
  const { subWorkflowId } = record;
  return input === undefined || subWorkflowId === undefined ? undefined : { input, subWorkflowId };
}

/** Of the execution that its idempotency key names. */
function keyedId({ input }: TaskRecord): string | undefined {
  const { idempotencyKey, subWorkflowName } = input;
  if (idempotencyKey == null || idempotencyKey === "") return undefined;
  return executionIdOf(String(subWorkflowName), printed(idempotencyKey));
}

function taken(error: WorkflowAlreadyExistsError, { input }: TaskRecord): TaskOutcome {
  const { idempotencyKey } = input;
  if (idempotencyKey == null) return { status: "FAILED", reason: error.message };
  const reason = `idempotencyKey ${JSON.stringify(idempotencyKey)} has started workflow ${String(error.details["workflowId"])} already, whose end this task does not hear of`;
  return { status: "FAILED", reason };
}

type Child = { readonly input: ExecutionInput } | { readonly problem: string };

function* childOf(flow: Flow, record: TaskRecord): Code<Child> {
  const { execution } = flow;
  const { subWorkflowParam } = record.task;
  if (subWorkflowParam === undefined) return { problem: "the task has no subWorkflowParam" };
  const { workflowDefinition: inline, ...rest } = subWorkflowParam;
  // What a definition holds is resolved by the workflow that it defines.
  const params = execution.resolve(rest) as JsonMap;
  const workflowInput = Object.keys(record.input).length > 0 ? record.input : {};
  const isInline = inline !== undefined;
  const given = typeof inline === "string" ? execution.resolve(inline) : inline;
  const found = isInline ? readInline(given) : yield* findDefinition(flow, params["name"], params["version"]);
  if ("problem" in found) return found;
  const { definition } = found;
  const taskToDomain = isJsonMap(params["taskToDomain"])
    ? params["taskToDomain"]
    : execution.start.taskToDomain;
  const { idempotencyKey, idempotencyStrategy } = params;
  const priority = Number(params["priority"] ?? execution.priority);
  record.input = {
    subWorkflowName: definition.name,
    subWorkflowVersion: definition.version,
    subWorkflowTaskToDomain: taskToDomain ?? {},
    subWorkflowDefinition: isInline ? definition : null,
    workflowInput,
    priority,
    ...withoutAbsent({ idempotencyKey, idempotencyStrategy }),
  };
  return {
    input: {
      definition,
      input: isInline ? { ...workflowInput, _systemMetadata: { dynamic: true } } : workflowInput,
      correlationId: execution.correlationId,
      taskToDomain: taskToDomain as ExecutionInput["taskToDomain"],
      priority: Number.isFinite(priority) ? priority : 0,
      parentWorkflowId: execution.workflowId,
      parentWorkflowTaskId: record.taskId,
      environment: execution.start.environment,
    },
  };
}

function readInline(value: unknown): { definition: WorkflowDef } | { problem: string } {
  const parsed = workflowDef.safeParse(value);
  if (parsed.success) return { definition: parsed.data };
  return {
    problem: `subWorkflowParam.workflowDefinition gives no valid definition: ${parsed.error.message}`,
  };
}

function failedChild(
  error: ChildWorkflowFailedError,
  { name, version }: WorkflowDef,
  id: string,
): TaskOutcome {
  const details = failureDetailsOf(error.cause);
  const runStatus = error.details["status"];
  const status =
    details?.status ??
    (runStatus === "timed-out" ? "TIMED_OUT" : runStatus === "failed" ? "FAILED" : "TERMINATED");
  const reason = details?.reason ?? (error.cause as Error | undefined)?.message ?? "";
  return {
    status: status === "TERMINATED" ? "CANCELED" : status === "TIMED_OUT" ? "TIMED_OUT" : "FAILED",
    reason: `Sub workflow ${name}.${version}/${id} failure reason: ${reason}`,
    output: { subWorkflowId: id, ...details?.output },
  };
}
