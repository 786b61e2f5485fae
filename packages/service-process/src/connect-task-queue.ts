import { createTaskQueue, type BullTaskQueue } from "@heddle/task-queue";
import type { CommonConfiguration } from "./common-configuration.js";
import type { ServiceLife } from "./run-service.js";

/** The task queue of the configured namespace; connects when it is first used, closed at the end of the process. */
export function connectTaskQueue(
  { redisUrl, namespace, prefix }: CommonConfiguration,
  { log, beforeExit }: ServiceLife,
): BullTaskQueue {
  const connection = { url: redisUrl };
  const taskQueue = createTaskQueue({
    connection,
    namespace,
    log,
    ...(prefix === undefined ? {} : { prefix }),
  });
  beforeExit(() => taskQueue.close());
  return taskQueue;
}
