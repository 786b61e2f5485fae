import { HeddleError } from "@heddle/protocol";
import { createRedisStore } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { createWorker } from "@heddle/worker";
import closeWithGrace from "close-with-grace";
import { loadActivities } from "./activity-modules.js";
import { readConfiguration, type Configuration } from "./configuration.js";
import { startHealthServer } from "./health-server.js";

/** What `worker.drain` may take after the grace, and a margin; past it the process ends without ceremony. */
const DRAIN_OVERHEAD_MS = 15_000;
const WATCHDOG_MS = 15_000;
/** Several restarts of a consumer have not helped. */
const NO_PROGRESS_MS = 8 * WATCHDOG_MS;

try {
  await serve(readConfiguration(process.env));
} catch (error) {
  // What an operator can repair is said in words; anything else with its stack.
  console.error(error instanceof HeddleError ? `heddle worker: ${error.message}` : error);
  process.exit(1);
}

async function serve(configuration: Configuration): Promise<void> {
  const { redisUrl, namespace, prefix, queues, concurrency, drainMs, healthPort } = configuration;
  const log = createLogger({ name: "worker", level: configuration.logLevel });
  const activities = await loadActivities(configuration.activityModules, process.cwd());
  const connection = { url: redisUrl };
  const store = await createRedisStore({ connection, namespace, prefix });
  const taskQueue = createTaskQueue({ connection, namespace, prefix: store.prefix, log });
  const worker = createWorker({
    store,
    taskQueue,
    activities,
    queues,
    concurrency,
    watchdogMs: WATCHDOG_MS,
    log,
  });

  let isReady = false;
  const health =
    healthPort === undefined
      ? undefined
      : await startHealthServer(healthPort, () => {
          const details = worker.describe();
          const isDraining = details.state !== "running";
          const hasProgress = Date.now() - details.lastProgressAtMs < NO_PROGRESS_MS;
          return { isAlive: isDraining || hasProgress, isReady: isReady && !isDraining, details };
        });

  closeWithGrace(
    {
      delay: drainMs + DRAIN_OVERHEAD_MS,
      logger: { error: (reason: unknown) => log.error({ reason }, "worker cut off") },
    },
    async ({ err, signal }) => {
      if (err !== undefined) log.fatal({ err }, "worker stops after an error");
      else log.info({ signal, drainMs }, "worker asked to stop");
      await worker.drain({ graceMs: drainMs });
      await taskQueue.close();
      await store.close();
      health?.close();
    },
  );

  worker.start();
  await worker.ready;
  isReady = true;
}
