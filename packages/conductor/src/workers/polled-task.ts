import { pollerOf, type ActivityClient } from "@heddle/core";
import type { JsonMap } from "../definition/json-bean.js";

/** A task that is in a worker, as its execution does not know it before the worker has said how it ended. */
export function polledTask(
  task: JsonMap,
  poll: { readonly workerId: string; readonly atMs: number },
): JsonMap {
  const { workerId, atMs } = poll;
  return {
    ...task,
    ...{ status: "IN_PROGRESS", workerId, startTime: atMs, callbackAfterSeconds: 0 },
    updateTime: Math.max(atMs, Number(task["updateTime"] ?? 0)),
    pollCount: Number(task["pollCount"] ?? 0) + 1,
    queueWaitTime: Math.max(0, atMs - Number(task["scheduledTime"] ?? atMs)),
  };
}

/** Tasks of one open execution with those in progress that a worker has taken. A few commands, whatever there are. */
export async function withPolls(
  activities: Pick<ActivityClient, "open">,
  workflowId: string,
  tasks: readonly JsonMap[],
): Promise<JsonMap[]> {
  const scheduled = tasks.filter((task) => task["status"] === "SCHEDULED");
  if (scheduled.length === 0) return [...tasks];
  const states = await activities.open(
    workflowId,
    scheduled.map(({ taskId }) => String(taskId)),
  );
  const stateOf = new Map(scheduled.map((task, index) => [task, states[index]]));
  return tasks.map((task) => {
    const { state, claimedAtMs: atMs, worker } = stateOf.get(task) ?? {};
    return state === "started" && atMs !== undefined && worker !== undefined
      ? polledTask(task, { workerId: pollerOf(worker), atMs })
      : task;
  });
}
