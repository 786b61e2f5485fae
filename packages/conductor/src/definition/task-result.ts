import { z } from "zod";
import type { TaskStatus } from "../interpreter/task-status.js";
import { flag, jsonBean, jsonMap, requiredName, wholeNumber } from "./json-bean.js";
import { readBean } from "./read-request.js";

/** What a worker, or somebody in its place, may say that a task is. */
export const RESULT_STATUSES = [
  "IN_PROGRESS",
  "FAILED",
  "FAILED_WITH_TERMINAL_ERROR",
  "COMPLETED",
  "CANCELED",
] as const satisfies readonly TaskStatus[];
export type ResultStatus = (typeof RESULT_STATUSES)[number];

const taskResult = jsonBean({
  workflowInstanceId: requiredName("Workflow Id"),
  taskId: requiredName("Task ID"),
  status: z.enum(RESULT_STATUSES),
  outputData: jsonMap.default({}),
  reasonForIncompletion: z.string().optional(),
  /** With IN_PROGRESS: the task goes back to its queue, and another worker may take it after that time. */
  callbackAfterSeconds: wholeNumber(0).default(0),
  workerId: z.string().optional(),
  /** The task is still being done; nothing else of the result counts but its log. */
  extendLease: flag.default(false),
  logs: z.array(jsonBean({ log: z.string(), createdTime: wholeNumber(0).optional() })).default([]),
});

/** What a worker says of a task. */
export type TaskResult = z.output<typeof taskResult>;

/** Throws `ValidationFailedError`. */
export function readTaskResult(json: unknown): TaskResult {
  return readBean("task result", taskResult, json);
}
