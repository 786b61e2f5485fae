import { consumeForeignJobs, type ForeignJobConsumerOptions } from "@heddle/task-queue";
import type { CommonConfiguration } from "./common-configuration.js";
import type { ServiceLife } from "./run-service.js";

/** Takes jobs from an ingestion queue of the configured namespace, until it is closed. */
export function consumeIngestionQueue(
  { redisUrl, namespace, prefix }: CommonConfiguration,
  { log }: Pick<ServiceLife, "log">,
  options: Pick<ForeignJobConsumerOptions, "queue" | "concurrency" | "handle">,
): { close(): Promise<void> } {
  return consumeForeignJobs({ connection: { url: redisUrl }, namespace, prefix, log, ...options });
}
