import type { LogStore } from "@heddle/core";
import { InvalidArgumentError, PayloadTooLargeError } from "@heddle/protocol";

/** Conductor's TaskExecLog. */
export interface TaskLogLine {
  readonly log: string;
  readonly taskId: string;
  readonly createdTime: number;
}

const MAX_LINE_CHARACTERS = 64 * 1024;
const MAX_ID_CHARACTERS = 128;

/** Throws `PayloadTooLargeError` and `InvalidArgumentError` before anything is written. */
export async function appendTaskLog(
  logs: LogStore,
  request: {
    readonly taskId: string;
    readonly operationId: string;
    readonly lines: readonly { readonly log: string; readonly createdTime?: number | undefined }[];
  },
): Promise<void> {
  const { taskId, operationId } = request;
  assertTaskId(taskId);
  const lines = request.lines.map(({ log, createdTime }) => {
    if (log.length > MAX_LINE_CHARACTERS) {
      throw new PayloadTooLargeError(
        `a log line has ${log.length} characters; the limit is ${MAX_LINE_CHARACTERS}`,
        { details: { taskId } },
      );
    }
    return { text: log, atMs: createdTime ?? Date.now() };
  });
  await logs.appendLog({ logId: taskId, operationId, lines });
}

export async function readTaskLog(logs: LogStore, taskId: string): Promise<TaskLogLine[]> {
  assertTaskId(taskId);
  const lines = await logs.readLog(taskId);
  return lines.map(({ text, atMs }) => ({ log: text, taskId, createdTime: atMs }));
}

function assertTaskId(taskId: string): void {
  if (taskId !== "" && taskId.length <= MAX_ID_CHARACTERS) return;
  throw new InvalidArgumentError(`the task id has ${taskId.length} characters; it must have 1 to 128`, {
    details: { field: "taskId" },
  });
}
