import { InvalidArgumentError } from "@heddle/protocol";
import type { Execution } from "./execution.js";
import { taskUpdate, type TaskUpdate, type TaskUpdateAnswer } from "./execution-messages.js";
import type { TaskRecord } from "./task-record.js";
import { isOpenStatus } from "./task-status.js";
import { isWorkerTask } from "./tasks/executors.js";

/** Open for as long as their bodies are at work: who ended them would leave the body alone. */
const RUN_BY_THE_EXECUTION: ReadonlySet<string> = new Set(["DO_WHILE", "SWITCH", "DECISION", "FORK"]);

/** Refuses an update that cannot be applied, whatever state the task is in. Changes nothing. */
export function assertTaskUpdate(execution: Execution, input: TaskUpdate): void {
  const parsed = taskUpdate.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
    throw new InvalidArgumentError(`the update of a task is refused: ${problems.join("; ")}`);
  }
  const record = find(execution, parsed.data);
  if (record === undefined || !isOpenStatus(record.status) || !RUN_BY_THE_EXECUTION.has(record.taskType))
    return;
  throw new InvalidArgumentError(
    `task ${record.ref} of type ${record.taskType} is run by the workflow itself; update one of the tasks inside it`,
    { details: { taskId: record.taskId } },
  );
}

/** Applies an update; one of a task that has ended changes nothing, because workers repeat theirs. */
export function applyTaskUpdate(execution: Execution, input: TaskUpdate): TaskUpdateAnswer {
  const update = taskUpdate.parse(input);
  const record = find(execution, update);
  if (record === undefined) return { outcome: "not-found" };
  const { taskId } = record;
  if (!isOpenStatus(record.status) || record.settlement.isSettled || execution.isOver) {
    return { taskId, outcome: "ignored" };
  }
  const { status, outputData, mergeOutput, reasonForIncompletion: reason, workerId } = update;
  record.output = mergeOutput ? { ...record.output, ...outputData } : outputData;
  record.reason = reason ?? record.reason;
  record.workerId = workerId ?? record.workerId;
  record.updateMs = execution.touch();
  if (!isOpenStatus(status)) {
    record.settlement.resolve({ kind: "ended", outcome: { status, reason, workerId } });
  } else if (isWorkerTask(record)) {
    record.callbackAfterSeconds = update.callbackAfterSeconds;
    record.settlement.resolve({ kind: "requeued", afterMs: update.callbackAfterSeconds * 1000 });
  }
  return { taskId, outcome: "applied" };
}

/** Lets tasks be taken at once that were given back to their queue for a while. */
export function applyResetCallbacks(execution: Execution): undefined {
  for (const record of execution.records.open()) {
    if (record.status !== "SCHEDULED" || record.callbackAfterSeconds === 0 || !isWorkerTask(record)) continue;
    record.callbackAfterSeconds = 0;
    record.settlement.resolve({ kind: "requeued", afterMs: 0 });
  }
  execution.touch();
}

function find(
  { records }: Execution,
  { taskId, taskReferenceName, firstWait }: Pick<TaskUpdate, "taskId" | "taskReferenceName" | "firstWait">,
): TaskRecord | undefined {
  if (taskId !== undefined) return records.byId(taskId);
  if (taskReferenceName !== undefined) return records.openByRefOrName(taskReferenceName);
  if (firstWait !== true) return undefined;
  for (const record of records.open()) if (record.taskType === "WAIT") return record;
  return undefined;
}
