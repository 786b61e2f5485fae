import { z } from "zod";
import {
  flag,
  isJsonMap,
  jsonBean,
  jsonMap,
  requiredName,
  taskToDomain,
  wholeNumber,
  withoutNulls,
} from "./json-bean.js";
import { schemaDef } from "./schema-def.js";
import { taskDef } from "./task-def.js";

export const IDEMPOTENCY_STRATEGIES = ["FAIL", "RETURN_EXISTING", "FAIL_ON_RUNNING"] as const;
export type IdempotencyStrategy = (typeof IDEMPOTENCY_STRATEGIES)[number];

const count = wholeNumber(0);
const cacheConfig = jsonBean({ key: z.string(), ttlInSecond: count });

/** The form of an expression that is the whole text. */
const EXPRESSION_ONLY = /^\$\{[^]*\}$/;

const subWorkflowFields = {
  /** May be left out when `workflowDefinition` is an object, whose name it then is. */
  name: z.string().optional(),
  /** Absent is the highest version. */
  version: wholeNumber(1).optional(),
  taskToDomain: taskToDomain.optional(),
  idempotencyKey: z.string().optional(),
  idempotencyStrategy: z.enum(IDEMPOTENCY_STRATEGIES).optional(),
  /** 0 to 99, or an expression. */
  priority: z.union([wholeNumber(0), z.string().regex(EXPRESSION_ONLY)]).optional(),
};
/** What a SUB_WORKFLOW task starts. */
export interface SubWorkflowParams extends z.output<z.ZodObject<typeof subWorkflowFields>> {
  /** The definition itself, or an expression that gives one. */
  workflowDefinition?: WorkflowDef | string | undefined;
}

const taskFields = {
  name: requiredName("WorkflowTask name"),
  /** Unique in the whole definition; expressions name the task by it. */
  taskReferenceName: requiredName("WorkflowTask taskReferenceName"),
  description: z.string().optional(),
  /** Any text: a type that is not built in is a queue that workers poll. */
  type: z.string().min(1).default("SIMPLE"),
  /** Template of the task's input. */
  inputParameters: jsonMap.default({}),
  /** Seconds from scheduling until a worker may take the task. */
  startDelay: count.default(0),
  /** The flow goes on when the task has failed for good. */
  optional: flag.default(false),
  /** The flow goes on, and the workflow fails at its end. */
  permissive: flag.default(false),
  /** The task stays in progress after its work until somebody completes it from outside. */
  asyncComplete: flag.default(false),
  /** Holds for this task alone, against the task definition. */
  retryCount: count.optional(),
  /** Written into the workflow definition; goes before a registered one. Its name is the task's unless given. */
  taskDefinition: taskDef.optional(),
  rateLimited: flag.optional(),
  /** EVENT: where to publish. */
  sink: z.string().optional(),
  /** DYNAMIC: the input that names the task. */
  dynamicTaskNameParam: z.string().optional(),
  /** FORK_JOIN_DYNAMIC: the inputs that hold the tasks, their inputs, and both in the old form. */
  dynamicForkTasksParam: z.string().optional(),
  dynamicForkTasksInputParamName: z.string().optional(),
  dynamicForkJoinTasksParam: z.string().optional(),
  joinOn: z.array(z.string()).default([]),
  joinMode: z.enum(["SYNC", "ASYNC"]).optional(),
  joinStatus: z.string().optional(),
  defaultExclusiveJoinTask: z.array(z.string()).default([]),
  /** SWITCH, INLINE: `javascript`, `graaljs` or `value-param`. */
  evaluatorType: z.string().optional(),
  expression: z.string().optional(),
  /** DECISION, in place of `evaluatorType` and `expression`. */
  caseValueParam: z.string().optional(),
  caseExpression: z.string().optional(),
  /** LAMBDA. */
  scriptExpression: z.string().optional(),
  /** DO_WHILE: a script that is true while there is another iteration to do. */
  loopCondition: z.string().optional(),
  /** DO_WHILE over a list: the expression that gives it. */
  items: z.string().optional(),
  /** Carried, not acted upon. */
  onStateChange: jsonMap.default({}),
  cacheConfig: cacheConfig.optional(),
  metadata: jsonMap.optional(),
};
/** One task of a workflow definition. */
export interface WorkflowTask extends z.output<z.ZodObject<typeof taskFields>> {
  subWorkflowParam?: SubWorkflowParams | undefined;
  /** SWITCH, DECISION: tasks by case. */
  decisionCases: Record<string, WorkflowTask[]>;
  defaultCase: WorkflowTask[];
  /** FORK_JOIN: the branches. */
  forkTasks: WorkflowTask[][];
  /** DO_WHILE: the body. */
  loopOver: WorkflowTask[];
}

const workflowFields = {
  name: requiredName("WorkflowDef name"),
  /** A definition is known by name and version; the highest version is the latest. */
  version: wholeNumber(1).default(1),
  description: z.string().optional(),
  /** Names of the inputs, for readers. */
  inputParameters: z.array(z.string()).default([]),
  /** Template of the output; empty: the output of the last task. */
  outputParameters: jsonMap.default({}),
  /** Inputs that a start gets when it does not give them. */
  inputTemplate: jsonMap.default({}),
  /** `workflow.variables` at the start. */
  variables: jsonMap.default({}),
  /** Started when this workflow fails: a name, or `${workflow.input.…}`. */
  failureWorkflow: z.string().optional(),
  /** Absent is the highest version. */
  failureWorkflowVersion: wholeNumber(1).optional(),
  schemaVersion: wholeNumber(2)
    .refine((version) => version === 2, "schemaVersion must be 2")
    .default(2),
  /** False: a completed run cannot be restarted. */
  restartable: flag.default(true),
  workflowStatusListenerEnabled: flag.default(false),
  workflowStatusListenerSink: z.string().optional(),
  ownerEmail: z.string().optional(),
  /** 0 is no limit. */
  timeoutSeconds: count.default(0),
  timeoutPolicy: z.enum(["TIME_OUT_WF", "ALERT_ONLY"]).default("ALERT_ONLY"),
  /** Carried, not acted upon; as are the schemas, the cache and the masks. */
  rateLimitConfig: jsonBean({
    rateLimitKey: z.string().optional(),
    concurrentExecLimit: count.default(0),
    policy: z.enum(["QUEUE", "REJECT"]).optional(),
  }).optional(),
  inputSchema: schemaDef.optional(),
  outputSchema: schemaDef.optional(),
  enforceSchema: flag.default(true),
  cacheConfig: cacheConfig.optional(),
  maskedFields: z.array(z.string()).default([]),
  /** `metadata.classifier` is a filter of lists. */
  metadata: jsonMap.default({}),
  ownerApp: z.string().optional(),
  /** Epoch ms, as `updateTime`. */
  createTime: count.optional(),
  updateTime: count.optional(),
  createdBy: z.string().optional(),
  updatedBy: z.string().optional(),
};
/** A workflow definition: `workflowDef.parse` fills in every default. */
export interface WorkflowDef extends z.output<z.ZodObject<typeof workflowFields>> {
  tasks: WorkflowTask[];
}

const tasks = z.lazy(() => z.array(workflowTask));

const subWorkflowParams = jsonBean({
  ...subWorkflowFields,
  workflowDefinition: z.lazy(() => z.union([workflowDef, z.string().regex(EXPRESSION_ONLY)])).optional(),
});

export const workflowTask: z.ZodType<WorkflowTask> = z
  .preprocess(
    withNamedTaskDefinition,
    z.object({
      ...taskFields,
      subWorkflowParam: subWorkflowParams.optional(),
      decisionCases: z.record(z.string(), tasks).default({}),
      defaultCase: tasks.default([]),
      forkTasks: z.array(tasks).default([]),
      loopOver: tasks.default([]),
    }),
  )
  .meta({ id: "WorkflowTask" });

export const workflowDef: z.ZodType<WorkflowDef> = z
  .preprocess(
    withoutNulls,
    z.object({ ...workflowFields, tasks: z.array(workflowTask).min(1, "WorkflowDef tasks cannot be empty") }),
  )
  .meta({ id: "WorkflowDef" });

function withNamedTaskDefinition(value: unknown): unknown {
  const task = withoutNulls(value);
  if (!isJsonMap(task)) return task;
  const taskDefinition = withoutNulls(task["taskDefinition"]);
  return isJsonMap(taskDefinition)
    ? { ...task, taskDefinition: { name: task["name"], ...taskDefinition } }
    : task;
}
