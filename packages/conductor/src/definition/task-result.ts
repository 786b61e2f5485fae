import { z } from "zod";
import { flag, jsonBean, jsonMap, requiredName, wholeNumber } from "./json-bean.js";

const RESULT_STATUSES = [
  "IN_PROGRESS",
  "COMPLETED",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "CANCELED",
] as const;

/** A line that a worker wrote about a task. */
export const taskLogLine = jsonBean({
  log: z.string(),
  createdTime: wholeNumber(0).optional(),
});

/** What a worker says about a task that it polled. */
export const taskResult = jsonBean({
  workflowInstanceId: requiredName("Workflow Id"),
  taskId: requiredName("Task ID"),
  status: z.enum(RESULT_STATUSES),
  outputData: jsonMap.default({}),
  reasonForIncompletion: z.string().optional(),
  workerId: z.string().optional(),
  /** With IN_PROGRESS: the task goes back to its queue, and another worker may take it after that time. */
  callbackAfterSeconds: wholeNumber(0).default(0),
  /** With IN_PROGRESS: the worker keeps the task, and its response timeout starts anew. */
  extendLease: flag.default(false),
  logs: z.array(taskLogLine).default([]),
});
export type TaskResult = z.output<typeof taskResult>;
