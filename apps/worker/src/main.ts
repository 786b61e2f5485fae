import { SYSTEM_TASK_QUEUE } from "@heddle/conductor";
import {
  connectStore,
  connectTaskQueue,
  loadActivities,
  runService,
  serveHealth,
  type ServiceLife,
} from "@heddle/service-process";
import { createWorker } from "@heddle/worker";
import { conductorActivities } from "./conductor-activities.js";
import { readConfiguration, type Configuration } from "./configuration.js";

/** What `worker.drain` may take after the grace, and a margin; past it the process ends without ceremony. */
const DRAIN_OVERHEAD_MS = 15_000;
const WATCHDOG_MS = 15_000;
/** Several restarts of a consumer have not helped. */
const NO_PROGRESS_MS = 8 * WATCHDOG_MS;

await runService({
  name: "worker",
  configure: readConfiguration,
  stopWithinMs: ({ drainMs }) => drainMs + DRAIN_OVERHEAD_MS,
  start,
});

async function start(configuration: Configuration, life: ServiceLife): Promise<void> {
  const { namespace, activityModules, queues, concurrency, drainMs, healthPort, systemTasks } = configuration;
  const { log, beforeExit } = life;
  const activities = await loadActivities({
    specifiers: activityModules,
    from: process.cwd(),
    variable: "HEDDLE_ACTIVITIES",
  });
  const store = await connectStore(configuration, life);
  const taskQueue = connectTaskQueue(configuration, life);
  const worker = createWorker({
    store,
    taskQueue,
    activities: [
      ...activities,
      ...(systemTasks === undefined ? [] : conductorActivities({ namespace, systemTasks }, store, life)),
    ],
    queues: systemTasks === undefined ? queues : [...queues, SYSTEM_TASK_QUEUE],
    concurrency,
    watchdogMs: WATCHDOG_MS,
    log,
  });

  let isReady = false;
  await serveHealth(healthPort, life, () => {
    const details = worker.describe();
    const isDraining = details.state !== "running";
    const hasProgress = Date.now() - details.lastProgressAtMs < NO_PROGRESS_MS;
    return { isAlive: isDraining || hasProgress, isReady: isReady && !isDraining, details };
  });
  worker.start();
  beforeExit(() => worker.drain({ graceMs: drainMs }));
  await worker.ready;
  isReady = true;
}
