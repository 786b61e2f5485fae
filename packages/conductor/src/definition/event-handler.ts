import { z } from "zod";
import {
  flag,
  jsonBean,
  jsonMap,
  requiredName,
  taskToDomain,
  wholeNumber,
  withoutNulls,
} from "./json-bean.js";

const taskDetails = jsonBean({
  workflowId: z.string().optional(),
  taskRefName: z.string().optional(),
  /** In place of the workflow's id and the reference name. */
  taskId: z.string().optional(),
  output: jsonMap.default({}),
  reasonForIncompletion: z.string().optional(),
});

const startDetails = jsonBean({
  name: requiredName("start_workflow name"),
  version: wholeNumber(1).optional(),
  correlationId: z.string().optional(),
  input: jsonMap.default({}),
  taskToDomain: taskToDomain.default({}),
});

const common = {
  /** Text properties of the event that hold JSON are read as such first. */
  expandInlineJSON: flag.default(false),
};

const eventAction = z.preprocess(
  withoutNulls,
  z.discriminatedUnion("action", [
    z.object({ ...common, action: z.literal("start_workflow"), start_workflow: startDetails }),
    z.object({ ...common, action: z.literal("complete_task"), complete_task: taskDetails }),
    z.object({ ...common, action: z.literal("fail_task"), fail_task: taskDetails }),
    z.object({
      ...common,
      action: z.literal("terminate_workflow"),
      terminate_workflow: jsonBean({
        workflowId: requiredName("terminate_workflow workflowId"),
        terminationReason: z.string().optional(),
      }),
    }),
    z.object({
      ...common,
      action: z.literal("update_workflow_variables"),
      update_workflow_variables: jsonBean({
        workflowId: requiredName("update_workflow_variables workflowId"),
        variables: jsonMap.default({}),
        /** Lists are appended to and not replaced. */
        appendArray: flag.default(false),
      }),
    }),
  ]),
);
/** One thing done for an event; its texts are templates over the event's payload. */
export type EventAction = z.output<typeof eventAction>;

export const eventHandler = jsonBean({
  name: requiredName("EventHandler name"),
  /** `provider:destination`, as the sink of an EVENT task. */
  event: z.string().regex(/^[^:]+:[^]+$/, "EventHandler event must be provider:destination"),
  /** A script over the payload; absent is true. */
  condition: z.string().optional(),
  evaluatorType: z.string().optional(),
  actions: z.array(eventAction).min(1, "EventHandler actions cannot be empty"),
  active: flag.default(false),
});
export type EventHandler = z.output<typeof eventHandler>;
