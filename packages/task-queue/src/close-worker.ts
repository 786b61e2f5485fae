import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import type { Worker } from "bullmq";

/** How long BullMQ may take to close once all handlers are done; it waits for ever while Redis is away. */
const CLOSE_MS = 5_000;

/** Takes no more jobs, lets those under way end, and gives up the connections. Never rejects. */
export async function closeWorker(parts: {
  readonly worker: Worker;
  readonly connections: { disconnectAll(): void };
  /** Handlers under way. */
  readonly handling: ReadonlySet<Promise<unknown>>;
  readonly log: Logger;
}): Promise<void> {
  const { worker, connections, handling, log } = parts;
  // Renews the locks until its handlers are done.
  const closed = worker.close().catch((error: unknown) => {
    log.warn({ err: error }, LOG_EVENTS.queueError);
  });
  while (handling.size > 0) await Promise.allSettled(handling);
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS)))]);
  clearTimeout(timer);
  connections.disconnectAll();
}
