import { isJsonMap, type JsonMap } from "../../definition/json-bean.js";
import { workflowTask, type WorkflowTask } from "../../definition/workflow-def.js";
import type { IterationScope } from "../iteration-scope.js";
import { withTaskDefinitions } from "../task-definitions.js";
import type { Code, Flow } from "../task-executor.js";
import type { TaskRecord } from "../task-record.js";

/** One branch of a dynamic fork. `given` is data: no expression in it is resolved. */
interface DynamicBranch {
  readonly task: WorkflowTask;
  readonly given: JsonMap;
}
type Found = { readonly branches: readonly DynamicBranch[] } | { readonly problem: string };

/** The branches of a FORK_JOIN_DYNAMIC, from its input in one of three forms. */
export function* dynamicBranches(flow: Flow, record: TaskRecord, { suffix }: IterationScope): Code<Found> {
  const found = readBranches(flow, record);
  if ("problem" in found) return found;
  const refs = new Set<string>();
  for (const { task } of found.branches) {
    const ref = task.taskReferenceName;
    if (refs.has(ref) || flow.execution.records.byRef(ref + suffix) !== undefined) {
      return { problem: `the dynamic fork gives the reference name ${ref} to two tasks` };
    }
    refs.add(ref);
  }
  const tasks = yield* withTaskDefinitions(
    flow,
    found.branches.map(({ task }) => task),
  );
  return { branches: tasks.map((task, index) => ({ task, given: found.branches[index]?.given ?? {} })) };
}

/** The same of a fork that an earlier run has begun: its tasks are those that it had then. */
export function carriedBranches(flow: Flow, record: TaskRecord): Found {
  const found = readBranches(flow, record);
  if ("problem" in found) return found;
  const tasks = record.input["forkedTaskDefs"] as readonly WorkflowTask[];
  return { branches: tasks.map((task, index) => ({ task, given: found.branches[index]?.given ?? {} })) };
}

function readBranches(flow: Flow, { task: fork, input }: TaskRecord): Found {
  if (input["forkTaskInputs"] != null) return sameTask(flow, fork, input);
  const { dynamicForkTasksParam, dynamicForkTasksInputParamName, dynamicForkJoinTasksParam } = fork;
  if (dynamicForkTasksParam !== undefined && dynamicForkTasksInputParamName !== undefined) {
    return listedTasks(input[dynamicForkTasksParam], input[dynamicForkTasksInputParamName]);
  }
  return legacyTasks(input[dynamicForkJoinTasksParam ?? ""]);
}

/** `forkTaskInputs`: one task, once for each input. */
function sameTask(flow: Flow, fork: WorkflowTask, input: JsonMap): Found {
  const inputs = input["forkTaskInputs"];
  if (!Array.isArray(inputs)) return { problem: "forkTaskInputs of a dynamic fork must be a list" };
  const { forkTaskName, forkTaskType, forkTaskWorkflow, forkTaskWorkflowVersion } = input;
  const name = textOf(forkTaskWorkflow) ?? textOf(forkTaskName);
  if (name === undefined)
    return { problem: "a dynamic fork over forkTaskInputs needs forkTaskName or forkTaskWorkflow" };
  const { taskReferenceName: forkRef } = fork;
  const prefix = (flow.execution.firstDynamicFork ??= forkRef) === forkRef ? "" : `_${forkRef}`;
  const type = forkTaskWorkflow == null ? (textOf(forkTaskType) ?? "SIMPLE") : "SUB_WORKFLOW";
  const subWorkflowParam =
    forkTaskWorkflow == null
      ? {}
      : {
          subWorkflowParam: {
            name,
            ...(forkTaskWorkflowVersion == null ? {} : { version: forkTaskWorkflowVersion }),
          },
        };
  const branches: DynamicBranch[] = [];
  for (const [index, item] of (inputs as unknown[]).entries()) {
    const taskReferenceName = `${prefix}_${name}_${index}`;
    const task = workflowTask.safeParse({
      name,
      taskReferenceName,
      type,
      optional: fork.optional,
      ...subWorkflowParam,
    });
    if (!task.success) return { problem: `the dynamic fork asks for no valid task: ${task.error.message}` };
    branches.push({
      task: task.data,
      given: { ...(isJsonMap(item) ? item : { input: item }), __index: index },
    });
  }
  return { branches };
}

/** Tasks as they would stand in a definition, and their inputs by reference name. */
function listedTasks(tasks: unknown, inputs: unknown): Found {
  if (!Array.isArray(tasks)) return { problem: "the tasks of a dynamic fork must be a list" };
  if (!isJsonMap(inputs))
    return { problem: "the inputs of a dynamic fork must be a map from reference name to input" };
  const branches: DynamicBranch[] = [];
  for (const json of tasks as unknown[]) {
    const task = workflowTask.safeParse(json);
    if (!task.success) return { problem: `the dynamic fork got no valid task: ${task.error.message}` };
    const given = inputs[task.data.taskReferenceName];
    branches.push({ task: task.data, given: isJsonMap(given) ? given : {} });
  }
  return { branches };
}

/** `{ dynamicTasks: [{ taskName, referenceName, input, type }] }`. */
function legacyTasks(value: unknown): Found {
  const list = isJsonMap(value) ? value["dynamicTasks"] : value;
  if (!Array.isArray(list)) return { problem: "a dynamic fork got no list of tasks" };
  const branches: DynamicBranch[] = [];
  for (const each of list as unknown[]) {
    const { taskName, referenceName, type, input } = isJsonMap(each) ? each : {};
    const task = workflowTask.safeParse({ name: taskName, taskReferenceName: referenceName, type });
    if (!task.success) return { problem: `the dynamic fork got no valid task: ${task.error.message}` };
    branches.push({ task: task.data, given: isJsonMap(input) ? input : {} });
  }
  return { branches };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
