import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import { isJsonMap, jsonMap, taskToDomain, type JsonMap } from "../definition/json-bean.js";
import { workflowDef } from "../definition/workflow-def.js";
import type { SkippedTask } from "./skipped-task.js";

/** Type of every run that executes a definition. */
export const CONDUCTOR_WORKFLOW = "conductor.workflow";

export interface CarriedSignal {
  readonly name: string;
  readonly payload: unknown;
}

/** What a run that restarts, retries or reruns an execution has of the run whose place it takes. */
export interface CarriedExecution {
  readonly createMs: number;
  readonly variables: JsonMap;
  readonly reRunFromWorkflowId?: string | undefined;
  readonly skipped: Readonly<Record<string, SkippedTask>>;
  /** Accepted, and taken by no task. */
  readonly signals: readonly CarriedSignal[];
  /** In the order of `seq`, packed: an execution of many tasks has to fit into one input. */
  readonly tasks: Uint8Array;
}

export const executionInput = z.object({
  /** As registered, with the task definitions of its tasks filled in (`taskDefinition`). */
  definition: workflowDef,
  input: jsonMap.optional(),
  correlationId: z.string().optional(),
  taskToDomain: taskToDomain.optional(),
  priority: z.int().optional(),
  createdBy: z.string().optional(),
  event: z.string().optional(),
  /** Of the SUB_WORKFLOW task that started it. */
  parentWorkflowId: z.string().optional(),
  parentWorkflowTaskId: z.string().optional(),
  /** Variables that the operator gives to expressions. */
  environment: z.record(z.string(), z.string()).optional(),
  /** Of the run whose place it takes, when it restarts, retries or reruns the execution. */
  carried: z.custom<CarriedExecution>().optional(),
});

/** What a run of `conductor.workflow` is started with: a snapshot, so that later changes of definitions do not reach it. */
export type ExecutionInput = z.output<typeof executionInput>;

/**
 * Refuses what nobody checked before the run was accepted: a start through a process that does not know the workflow.
 * The definition itself is not gone through again, because this runs each time the code is rebuilt.
 */
export function assertExecutionInput(input: unknown): asserts input is ExecutionInput {
  const definition = isJsonMap(input) ? input["definition"] : undefined;
  if (isJsonMap(definition) && Array.isArray(definition["tasks"]) && isJsonMap(definition["variables"]))
    return;
  throw new InvalidArgumentError(
    `a run of ${CONDUCTOR_WORKFLOW} is started with { definition, input }, the definition as workflowDef.parse gives it`,
  );
}
