// The activities by which the interpreter reaches what is no code of a workflow: networks, scripts, stored definitions.
import type { LimitOptions } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { TaskDef } from "../definition/task-def.js";
import type { WorkflowDef } from "../definition/workflow-def.js";
import { SECRET_PATHS } from "../expression/secrets.js";
import { SYSTEM_TASK_QUEUE } from "../system/system-task-activities.js";
import type { TaskRecord } from "./task-record.js";
import type { Code, Flow } from "./task-executor.js";

/** Definitions are looked up by whoever stores them. */
export const DEFINITION_ACTIVITIES = {
  /** `FindDefinitionCall` → `WorkflowDef` with the task definitions of its tasks filled in, or null. */
  findDefinition: "conductor.findDefinition",
  /** `FindTaskDefinitionsCall` → the registered ones, by name. */
  findTaskDefinitions: "conductor.findTaskDefinitions",
} as const;

/** `ChooseDomainCall` → the domain, or null for none. Answered by who knows who polls. */
export const CHOOSE_DOMAIN = "conductor.chooseDomain";

export interface ChooseDomainCall {
  readonly taskType: string;
  /** In the order of preference; null is no domain. */
  readonly domains: readonly (string | null)[];
}

export interface FindDefinitionCall {
  readonly name: string;
  /** Absent is the highest version. */
  readonly version?: number | undefined;
}
export type FoundDefinition = WorkflowDef | null;

export interface FindTaskDefinitionsCall {
  readonly names: readonly string[];
}
export type FoundTaskDefinitions = Readonly<Record<string, TaskDef>>;

/** `ScriptCall` → the value. Throws `ExpressionError` for what the script is to blame for. */
const EVALUATE = "conductor.evaluate";

export interface ScriptCall {
  readonly expression: string;
  /** Default `javascript`. */
  readonly evaluator?: string;
  /** What the script sees as `$`. */
  readonly input: JsonMap;
}

/**
 * A lost worker or an outage is not the task's failure, so the engine tries again; what the task itself comes to is in
 * the result.
 */
const RETRY = {
  ...{ maxAttempts: 10, initialBackoff: "1s", maxBackoff: "1m" },
  nonRetryable: ["ExpressionError", "InvalidArgumentError", "PayloadTooLargeError"],
} as const;

/** What is seen outside is done once for each task record: whether a lost worker did it is for the task's policy to judge. */
const ONCE = { maxAttempts: 1 } as const;

export function* callSystem(
  flow: Pick<Flow, "ctx">,
  activity: string,
  call: unknown,
  { once = false, limits }: { readonly once?: boolean; readonly limits?: LimitOptions | undefined } = {},
): Code<unknown> {
  const retry = once ? ONCE : RETRY;
  return yield* flow.ctx.run<string>(activity, call, {
    ...{ queue: SYSTEM_TASK_QUEUE, retry },
    ...(limits === undefined ? {} : { limits }),
  });
}

/** Runs a script; its value. Throws `ActivityFailedError`, whose cause is an `ExpressionError` when the script is to blame. */
export function* evaluate(flow: Pick<Flow, "ctx">, call: ScriptCall): Code<unknown> {
  return yield* callSystem(flow, EVALUATE, call);
}

export function withSecretPaths<Input extends object>(input: Input, { secretPaths }: TaskRecord): Input {
  return secretPaths.length === 0 ? input : { ...input, [SECRET_PATHS]: secretPaths };
}
