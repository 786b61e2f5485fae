import type { JsonMap } from "../../definition/json-bean.js";
import { printed } from "../../expression/printed.js";
import type { WorkflowTask } from "../../definition/workflow-def.js";
import type { Code, Flow } from "../task-executor.js";
import type { IterationScope } from "../iteration-scope.js";
import { scriptFailure } from "../script-failure.js";
import type { TaskRecord } from "../task-record.js";
import { isOpenStatus } from "../task-status.js";
import { evaluate } from "../system-calls.js";

/** SWITCH and DECISION: chooses a list of tasks, has ended then, and runs the list. */
export function* runSwitch(flow: Flow, task: WorkflowTask, scope: IterationScope): Code<void> {
  const { execution } = flow;
  const record = yield* flow.schedule({ task, scope });
  if (!isOpenStatus(record.status)) {
    flow.passOver(record);
    yield* flow.runList(branchOf(task, printed(record.input["case"])), scope);
    return;
  }
  execution.begin(record);
  const chosen = yield* choose(flow, record);
  if ("reason" in chosen) {
    yield* flow.settle(record, { status: "FAILED", reason: chosen.reason });
    return;
  }
  const { value } = chosen;
  const branch = branchOf(task, value);
  record.input = {
    ...record.input,
    case: value,
    ...(branch.length > 0 ? { hasChildren: "true" } : {}),
  };
  const output: JsonMap =
    task.type === "SWITCH" ? { evaluationResult: [value], selectedCase: value } : { caseOutput: [value] };
  yield* flow.settle(record, { status: "COMPLETED", output });
  yield* flow.runList(branch, scope);
}

function* choose(flow: Flow, { task, input }: TaskRecord): Code<{ value: string } | { reason: string }> {
  const { expression = "", evaluatorType = "javascript", caseValueParam, caseExpression } = task;
  const isDecision = task.type === "DECISION";
  const param = isDecision
    ? caseExpression === undefined || caseExpression === ""
    : evaluatorType === "value-param";
  if (param) {
    const name = (isDecision ? caseValueParam : expression) ?? "";
    return { value: printed(Object.hasOwn(input, name) ? input[name] : null) };
  }
  const script = isDecision ? { expression: caseExpression ?? "" } : { expression, evaluator: evaluatorType };
  try {
    return { value: printed(yield* evaluate(flow, { ...script, input })) };
  } catch (error) {
    return { reason: scriptFailure(error) };
  }
}

function branchOf(
  { type, decisionCases, defaultCase }: WorkflowTask,
  value: string,
): readonly WorkflowTask[] {
  const branch = Object.hasOwn(decisionCases, value) ? decisionCases[value] : undefined;
  // An empty list of a SWITCH means "nothing to do"; of a DECISION the default.
  if (branch === undefined || (type === "DECISION" && branch.length === 0)) return defaultCase;
  return branch;
}
