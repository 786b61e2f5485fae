import { z } from "zod";
import { flag, jsonBean, jsonMap, requiredName, wholeNumber } from "../definition/json-bean.js";
import { readBean } from "../definition/read-request.js";
import { RESULT_STATUSES } from "./task-status-word.js";

const taskResult = jsonBean({
  workflowInstanceId: requiredName("Workflow Id"),
  taskId: requiredName("Task ID"),
  status: z.enum(RESULT_STATUSES),
  outputData: jsonMap.default({}),
  reasonForIncompletion: z.string().optional(),
  callbackAfterSeconds: wholeNumber(0).default(0),
  workerId: z.string().optional(),
  /** The task is still being done; nothing else of the result counts. */
  extendLease: flag.default(false),
});

/** What a worker says of a task. */
export type TaskResult = z.output<typeof taskResult>;

/** Throws `ValidationFailedError`. */
export function readTaskResult(json: unknown): TaskResult {
  return readBean("task result", taskResult, json);
}
