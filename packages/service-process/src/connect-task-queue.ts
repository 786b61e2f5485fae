import { createTaskQueue, type BullTaskQueue } from "@heddle/task-queue";
import { redisConnection, type CommonConfiguration } from "./common-configuration.js";
import type { ServiceLife } from "./run-service.js";

/** The task queue of the configured namespace; connects when it is first used, closed at the end of the process. */
export function connectTaskQueue(
  configuration: CommonConfiguration,
  { log, beforeExit }: ServiceLife,
): BullTaskQueue {
  const { namespace, prefix } = configuration;
  const taskQueue = createTaskQueue({
    connection: redisConnection(configuration),
    namespace,
    log,
    ...(prefix === undefined ? {} : { prefix }),
  });
  beforeExit(() => taskQueue.close());
  return taskQueue;
}
