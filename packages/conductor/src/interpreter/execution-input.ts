import type { JsonMap } from "../definition/json-bean.js";
import type { WorkflowDef } from "../definition/workflow-def.js";

/** Type of every run that executes a definition. */
export const CONDUCTOR_WORKFLOW = "conductor.workflow";

/** What a run of `conductor.workflow` is started with: a snapshot, so that later changes of definitions do not reach it. */
export interface ExecutionInput {
  /** As registered, with the task definitions of its tasks filled in (`taskDefinition`). */
  readonly definition: WorkflowDef;
  readonly input?: JsonMap | undefined;
  readonly correlationId?: string | undefined;
  readonly taskToDomain?: Readonly<Record<string, string>> | undefined;
  readonly priority?: number | undefined;
  readonly createdBy?: string | undefined;
  readonly event?: string | undefined;
  /** Of the SUB_WORKFLOW task that started it. */
  readonly parentWorkflowId?: string | undefined;
  readonly parentWorkflowTaskId?: string | undefined;
  /** Variables that the operator gives to expressions. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}
