// The activities by which the interpreter reaches what is no code of a workflow: networks, scripts, stored definitions.
import type { JsonMap } from "../definition/json-bean.js";
import type { TaskDef } from "../definition/task-def.js";
import type { WorkflowDef } from "../definition/workflow-def.js";
import type { SecretPath } from "../expression/resolve.js";

/** Queue of all of them. */
export const SYSTEM_QUEUE = "conductor.system";

export const SYSTEM_ACTIVITIES = {
  /** `SystemTaskCall` → `SystemTaskResult`. */
  http: "conductor.http",
  kafka: "conductor.kafka",
  jq: "conductor.jq",
  /** `EventCall` → `SystemTaskResult`. */
  event: "conductor.event",
  /** `ScriptCall` → the value. Throws `ExpressionError` for what the script is to blame for. */
  script: "conductor.script",
  /** `FindDefinitionCall` → `WorkflowDef` with the task definitions of its tasks filled in, or null. */
  findDefinition: "conductor.findDefinition",
  /** `{ names }` → the registered ones, by name. */
  findTaskDefinitions: "conductor.findTaskDefinitions",
} as const;

/** An HTTP, KAFKA_PUBLISH or JSON_JQ_TRANSFORM task. */
export interface SystemTaskCall {
  readonly taskId: string;
  readonly workflowId: string;
  readonly input: JsonMap;
  /** Where in the input secrets are still to be put in (`revealSecrets`). */
  readonly secretPaths: readonly SecretPath[];
}

export interface EventCall {
  /** `provider:destination`. */
  readonly sink: string;
  /** The same for every attempt to publish it. */
  readonly messageId: string;
  readonly payload: JsonMap;
  readonly secretPaths: readonly SecretPath[];
}

export interface ScriptCall {
  readonly expression: string;
  /** `javascript`, `graaljs`, `lambda`. */
  readonly evaluator?: string;
  /** What the script sees as `$`. */
  readonly input: JsonMap;
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

/** How a system task ended. */
export interface SystemTaskResult {
  readonly status: "COMPLETED" | "FAILED" | "FAILED_WITH_TERMINAL_ERROR";
  readonly outputData: JsonMap;
  readonly reasonForIncompletion?: string;
}

/**
 * A lost worker or an outage is not the task's failure, so the engine tries again; what the task itself comes to is in
 * the result.
 */
export const SYSTEM_RETRY = { maxAttempts: 10, initialBackoff: "1s", maxBackoff: "1m" } as const;
