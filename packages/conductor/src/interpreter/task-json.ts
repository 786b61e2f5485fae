import type { JsonMap } from "../definition/json-bean.js";
import type { Execution } from "./execution.js";
import { taskDefName, type TaskRecord } from "./task-record.js";
import { isOpenStatus } from "./task-status.js";

/** Conductor's Task JSON: what a poll returns and what an execution lists. Absent values are left out. */
export function taskJson(record: TaskRecord, execution: Execution): JsonMap {
  const { task, taskDef } = record;
  const { definition, correlationId, priority } = execution;
  return withoutAbsent({
    taskType: record.taskType,
    status: record.status,
    inputData: record.input,
    referenceTaskName: record.ref,
    retryCount: record.retryCount,
    seq: record.seq,
    correlationId,
    pollCount: record.pollCount,
    taskDefName: taskDefName(task, record.taskType),
    scheduledTime: record.scheduledMs,
    startTime: record.startMs ?? 0,
    endTime: record.endMs ?? 0,
    updateTime: record.updateMs,
    startDelayInSeconds: record.startDelaySeconds,
    retriedTaskId: record.retriedTaskId,
    retried: record.retried,
    executed: !isOpenStatus(record.status),
    callbackFromWorker: true,
    responseTimeoutSeconds: taskDef.responseTimeoutSeconds,
    workflowInstanceId: execution.workflowId,
    workflowType: definition.name,
    taskId: record.taskId,
    reasonForIncompletion: record.reason,
    callbackAfterSeconds: record.callbackAfterSeconds,
    workerId: record.workerId,
    outputData: record.output,
    workflowTask: { ...task, taskDefinition: taskDef },
    domain: record.domain,
    rateLimitPerFrequency: taskDef.rateLimitPerFrequency,
    rateLimitFrequencyInSeconds: taskDef.rateLimitFrequencyInSeconds,
    workflowPriority: priority,
    executionNameSpace: taskDef.executionNameSpace,
    isolationGroupId: taskDef.isolationGroupId,
    iteration: record.iteration,
    subWorkflowId: record.subWorkflowId,
    firstStartTime: record.firstScheduledMs,
    loopOverTask: record.iteration > 0,
    queueWaitTime: Math.max(0, (record.startMs ?? record.scheduledMs) - record.scheduledMs),
  });
}

export function withoutAbsent(fields: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
