import { z } from "zod";
import { jsonBean, jsonMap, requiredName, taskToDomain, wholeNumber } from "./json-bean.js";
import { IDEMPOTENCY_STRATEGIES, workflowDef } from "./workflow-def.js";

export const startWorkflowRequest = jsonBean({
  name: requiredName("Workflow name"),
  /** Absent is the highest version. */
  version: wholeNumber(1).optional(),
  correlationId: z.string().optional(),
  input: jsonMap.default({}),
  taskToDomain: taskToDomain.default({}),
  /** Runs in place of a registered definition; name and version need not be registered then. */
  workflowDef: workflowDef.optional(),
  externalInputPayloadStoragePath: z.string().optional(),
  /** 0 to 99; it decides between tasks that are due at the same time. */
  priority: wholeNumber(0)
    .refine((priority) => priority <= 99, "priority must be 0 to 99")
    .default(0),
  createdBy: z.string().optional(),
  idempotencyKey: z.string().optional(),
  idempotencyStrategy: z.enum(IDEMPOTENCY_STRATEGIES).optional(),
});

/** What starts a workflow: the body of `POST /api/workflow`, and the input of a START_WORKFLOW task. */
export type StartWorkflowRequest = z.output<typeof startWorkflowRequest>;
