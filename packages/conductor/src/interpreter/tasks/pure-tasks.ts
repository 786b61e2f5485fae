// Tasks that only change the execution: SET_VARIABLE, TERMINATE, NOOP.
import { isJsonMap } from "../../definition/json-bean.js";
import type { WorkflowTask } from "../../definition/workflow-def.js";
import type { IterationScope } from "../iteration-scope.js";
import type { Code, Flow, TaskExecutor } from "../task-executor.js";
import { MAX_VARIABLES_CHARACTERS, mergedVariables } from "../variables.js";
import { isOpenStatus, type EndedExecutionStatus } from "../task-status.js";

export const runNoop: TaskExecutor = function* (_flow, _record) {
  return { status: "COMPLETED" };
};

/** SET_VARIABLE: its input becomes `workflow.variables`, key by key. */
export const runSetVariable: TaskExecutor = function* ({ execution }, record) {
  const variables = mergedVariables(execution, record.input);
  if (variables === undefined) {
    const reason = `The variables payload size is greater than the permissible ${MAX_VARIABLES_CHARACTERS} characters; keep large values in task outputs`;
    return { status: "FAILED_WITH_TERMINAL_ERROR", reason };
  }
  execution.variables = variables;
  return { status: "COMPLETED" };
};

const ENDINGS: readonly string[] = ["COMPLETED", "FAILED", "TERMINATED"] satisfies EndedExecutionStatus[];

/** TERMINATE: ends the whole execution, wherever it stands. */
export function* runTerminate(flow: Flow, task: WorkflowTask, scope: IterationScope): Code<void> {
  const record = yield* flow.schedule({ task, scope });
  const isCarried = !isOpenStatus(record.status);
  if (isCarried) flow.passOver(record);
  else flow.execution.begin(record);
  const { terminationStatus, terminationReason, workflowOutput } = record.input;
  if (typeof terminationStatus !== "string" || !ENDINGS.includes(terminationStatus)) {
    const reason = `invalid terminationStatus ${JSON.stringify(terminationStatus)}; it is one of ${ENDINGS.join(", ")}`;
    yield* flow.settle(record, { status: "FAILED_WITH_TERMINAL_ERROR", reason });
    return;
  }
  const output = isJsonMap(workflowOutput)
    ? workflowOutput
    : workflowOutput == null
      ? {}
      : { output: workflowOutput };
  if (!isCarried) yield* flow.settle(record, { status: "COMPLETED", output });
  const status = terminationStatus as EndedExecutionStatus;
  const given =
    typeof terminationReason === "string" && terminationReason !== "" ? terminationReason : undefined;
  yield* flow.finish({
    status,
    reason: given ?? `Workflow is ${status} by TERMINATE task: ${record.taskId}`,
    output: Object.keys(output).length > 0 ? output : undefined,
    ...(status === "COMPLETED" ? {} : { failedTask: record }),
  });
}
