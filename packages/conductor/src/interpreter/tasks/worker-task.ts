// Tasks that workers do: SIMPLE, DYNAMIC and every type that is not built in.
import type { RunOptions } from "@heddle/workflow";
import { isJsonMap } from "../../definition/json-bean.js";
import type { TaskDef } from "../../definition/task-def.js";
import { withSecretPaths } from "../system-calls.js";
import type { Code, Flow } from "../task-executor.js";
import { taskJson } from "../task-json.js";
import type { TaskOutcome, TaskRecord } from "../task-record.js";
import { taskLimits } from "../task-limits.js";
import { taskQueueName } from "../task-queue-name.js";
import type { EndedTaskStatus } from "../task-status.js";

/**
 * What an activity of a task results in when it is settled by a Conductor worker: its TaskResult, told from the output
 * of a native worker by this key.
 */
export const WORKER_RESULT = "conductor.taskResult";

export interface WorkerResult {
  readonly status: EndedTaskStatus;
  readonly outputData?: Readonly<Record<string, unknown>>;
  readonly reasonForIncompletion?: string;
  readonly workerId?: string;
  /** When the worker took it, epoch ms. */
  readonly startTime?: number;
  /** How often it was polled since it was in its queue last. */
  readonly pollCount?: number;
}

/**
 * An activity named by the type of the task, in the queue of that type, whose input is the Task JSON and whose reference
 * is the task's id: a Heddle worker runs it, or the poll endpoint hands it out and leaves it open.
 */
export function* runWorkerTask(flow: Flow, record: TaskRecord): Code<TaskOutcome> {
  const { ctx, execution } = flow;
  const input = withSecretPaths(taskJson(record, execution), record);
  const result: unknown = yield* ctx.run<string>(record.taskType, input, {
    queue: taskQueueName(record.taskType, record.domain),
    retry: { maxAttempts: 1 },
    timeouts: timeoutsOf(record.taskDef),
    reference: record.taskId,
    ...taskLimits(record.taskDef),
  });
  return outcomeOf(result, record.pollCount);
}

function timeoutsOf(taskDef: TaskDef): NonNullable<RunOptions["timeouts"]> {
  const { pollTimeoutSeconds = 0, timeoutSeconds, responseTimeoutSeconds, timeoutPolicy } = taskDef;
  const isActedUpon = timeoutPolicy !== "ALERT_ONLY";
  return {
    ...(isActedUpon && pollTimeoutSeconds > 0 ? { scheduleToStart: pollTimeoutSeconds * 1000 } : {}),
    ...(isActedUpon && timeoutSeconds > 0 ? { startToClose: timeoutSeconds * 1000 } : {}),
    ...(responseTimeoutSeconds > 0 ? { heartbeat: responseTimeoutSeconds * 1000 } : {}),
  };
}

/** `before`: how often it was polled before it was given back last. */
function outcomeOf(result: unknown, before: number): TaskOutcome {
  if (!isJsonMap(result))
    return { status: "COMPLETED", output: result == null ? {} : { result }, pollCount: before + 1 };
  const told = result[WORKER_RESULT] as WorkerResult | undefined;
  if (told === undefined) return { status: "COMPLETED", output: result, pollCount: before + 1 };
  const { status, outputData, reasonForIncompletion, workerId, startTime, pollCount = 1 } = told;
  return {
    status,
    output: outputData,
    reason: reasonForIncompletion,
    workerId,
    startMs: startTime,
    pollCount: before + pollCount,
  };
}
