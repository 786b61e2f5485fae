// What each type of task cannot do without.
import { withDefaults, type JsonMap } from "./json-bean.js";
import type { TaskDef } from "./task-def.js";
import type { Problem } from "./validation-error.js";
import { parseWaitDuration } from "./wait-duration.js";
import { parseWaitUntil } from "./wait-until.js";
import type { WorkflowTask } from "./workflow-def.js";

/** What a check asks of the rest of the system; everything may be left out. */
export interface TaskCheckOptions {
  /** The registered definition of a task, whose `inputTemplate` may give what the task does not. */
  readonly registeredTaskDef?: (name: string) => Pick<TaskDef, "inputTemplate"> | undefined;
  /** What the operator does not let HTTP tasks do, as far as it shows before they run. */
  readonly httpFault?: (inputs: JsonMap) => HttpFault | undefined;
}

export interface HttpFault {
  /** Below `inputParameters`: `http_request.uri`. */
  readonly path: string;
  readonly message: string;
  readonly value: unknown;
}

type Check = (task: WorkflowTask, options: TaskCheckOptions) => Iterable<Problem>;

/** The problems of one task, by the rules of its type; tasks of other types have none. */
export function checkTask(task: WorkflowTask, options: TaskCheckOptions): Iterable<Problem> {
  return CHECKS.get(task.type)?.(task, options) ?? [];
}

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["EVENT", (task) => required(task, "sink")],
  ["DYNAMIC", (task) => required(task, "dynamicTaskNameParam")],
  ["SWITCH", checkSwitch],
  ["DECISION", checkDecision],
  ["FORK_JOIN", (task) => notEmpty(task, "forkTasks")],
  ["FORK_JOIN_DYNAMIC", checkDynamicFork],
  ["DO_WHILE", checkDoWhile],
  ["SUB_WORKFLOW", checkSubWorkflow],
  ["HTTP", checkHttp],
  ["KAFKA_PUBLISH", checkKafkaPublish],
  ["JSON_JQ_TRANSFORM", checkJq],
  ["TERMINATE", checkTerminate],
  ["WAIT", checkWait],
]);

function* required(task: WorkflowTask, field: keyof WorkflowTask): Generator<Problem> {
  if (task[field] === undefined || task[field] === "") {
    yield { at: [field], message: `${field} field is required for ${describe(task)}` };
  }
}

function* notEmpty(
  task: WorkflowTask,
  field: "decisionCases" | "forkTasks" | "loopOver",
): Generator<Problem> {
  if (Object.keys(task[field]).length === 0) {
    yield { at: [field], message: `${field} should have at least one entry for ${describe(task)}` };
  }
}

function describe({ type, name }: WorkflowTask): string {
  return `taskType: ${type} taskName: ${name}`;
}

function* checkSwitch(task: WorkflowTask): Generator<Problem> {
  yield* required(task, "evaluatorType");
  yield* required(task, "expression");
  yield* notEmpty(task, "decisionCases");
}

function* checkDecision(task: WorkflowTask): Generator<Problem> {
  if (!task.caseValueParam && !task.caseExpression) {
    const message = `caseValueParam or caseExpression field is required for ${describe(task)}`;
    yield { at: ["caseValueParam"], message };
  }
  yield* notEmpty(task, "decisionCases");
}

function* checkDynamicFork(task: WorkflowTask): Generator<Problem> {
  const { dynamicForkTasksParam, dynamicForkTasksInputParamName, dynamicForkJoinTasksParam } = task;
  if (task.inputParameters["forkTaskInputs"] != null) return;
  const hasNewForm = dynamicForkTasksParam !== undefined && dynamicForkTasksInputParamName !== undefined;
  const hasPartOfNewForm =
    dynamicForkTasksParam !== undefined || dynamicForkTasksInputParamName !== undefined;
  if (dynamicForkJoinTasksParam !== undefined && hasPartOfNewForm) {
    yield {
      at: ["dynamicForkJoinTasksParam"],
      message: `dynamicForkJoinTasksParam or the pair dynamicForkTasksParam and dynamicForkTasksInputParamName, not both, for ${describe(task)}`,
      value: dynamicForkJoinTasksParam,
    };
  } else if (dynamicForkJoinTasksParam === undefined && !hasNewForm) {
    const missing =
      dynamicForkTasksParam === undefined ? "dynamicForkTasksParam" : "dynamicForkTasksInputParamName";
    yield {
      at: [missing],
      message: `${missing} field is required for ${describe(task)} (or inputParameters.forkTaskInputs)`,
    };
  }
}

function* checkDoWhile(task: WorkflowTask): Generator<Problem> {
  // Empty text is a condition: a loop over `items` needs no other.
  if (task.loopCondition === undefined) {
    yield { at: ["loopCondition"], message: `loopCondition field is required for ${describe(task)}` };
  }
  yield* notEmpty(task, "loopOver");
}

function* checkSubWorkflow(task: WorkflowTask): Generator<Problem> {
  yield* required(task, "subWorkflowParam");
  const { subWorkflowParam } = task;
  if (subWorkflowParam && !subWorkflowParam.name && subWorkflowParam.workflowDefinition === undefined) {
    const message = `subWorkflowParam.name or subWorkflowParam.workflowDefinition is required for ${describe(task)}`;
    yield { at: ["subWorkflowParam", "name"], message };
  }
}

function inputsOf(task: WorkflowTask, options: TaskCheckOptions): JsonMap {
  const definition = task.taskDefinition ?? options.registeredTaskDef?.(task.name);
  return withDefaults(task.inputParameters, definition?.inputTemplate ?? {});
}

function* checkHttp(task: WorkflowTask, options: TaskCheckOptions): Generator<Problem> {
  const inputs = inputsOf(task, options);
  if (inputs["http_request"] == null && (inputs["uri"] == null || inputs["method"] == null)) {
    yield {
      at: ["inputParameters", "http_request"],
      message: `inputParameters.http_request, or inputParameters.uri and method, is required for ${describe(task)}`,
    };
    return;
  }
  const fault = options.httpFault?.(inputs);
  if (fault !== undefined) {
    const message = `${fault.message}, for ${describe(task)}`;
    yield { at: ["inputParameters", ...fault.path.split(".")], message, value: fault.value };
  }
}

function* checkKafkaPublish(task: WorkflowTask, options: TaskCheckOptions): Generator<Problem> {
  if (inputsOf(task, options)["kafka_request"] == null) {
    const message = `inputParameters.kafka_request is required for ${describe(task)}`;
    yield { at: ["inputParameters", "kafka_request"], message };
  }
}

function* checkJq(task: WorkflowTask): Generator<Problem> {
  if (!task.inputParameters["queryExpression"]) {
    const message = `inputParameters.queryExpression is required for ${describe(task)}`;
    yield { at: ["inputParameters", "queryExpression"], message };
  }
}

const TERMINATION_STATUSES: readonly unknown[] = ["COMPLETED", "FAILED", "TERMINATED"];

function* checkTerminate(task: WorkflowTask): Generator<Problem> {
  if (task.optional) {
    yield { at: ["optional"], message: `${describe(task)} cannot be optional`, value: true };
  }
  const status = task.inputParameters["terminationStatus"];
  if (!TERMINATION_STATUSES.includes(status)) {
    yield {
      at: ["inputParameters", "terminationStatus"],
      message: `terminationStatus must be COMPLETED, FAILED or TERMINATED, and no expression, for ${describe(task)}`,
      value: status,
    };
  }
}

function* checkWait(task: WorkflowTask): Generator<Problem> {
  const { duration, until } = task.inputParameters;
  const isGiven = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
  if (isGiven(duration) && isGiven(until)) {
    yield {
      at: ["inputParameters", "until"],
      message: `give duration or until, not both, for ${describe(task)}`,
      value: until,
    };
    return;
  }
  for (const [field, form, parse] of [
    ["duration", "days, hours, minutes and seconds in this order, as in 1d 2h 3m 4s", parseWaitDuration],
    ["until", "yyyy-MM-dd, yyyy-MM-dd HH:mm or yyyy-MM-dd HH:mm z", parseWaitUntil],
  ] as const) {
    const value = task.inputParameters[field];
    // Its value is known when the task is scheduled; it is refused then.
    if (value == null || (typeof value === "string" && (value.trim() === "" || value.startsWith("${"))))
      continue;
    if (typeof value !== "string" || parse(value) === undefined) {
      const message = `${field} must be ${form}, for ${describe(task)}`;
      yield { at: ["inputParameters", field], message, value };
    }
  }
}
