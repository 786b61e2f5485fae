import {
  conductorSink,
  createSystemTasks,
  definitionActivities,
  eventActivities,
  EventHandlerStore,
  MetadataStore,
  SYSTEM_TASK_QUEUE,
  systemTaskActivities,
} from "@heddle/conductor";
import { WorkflowClient } from "@heddle/core";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { randomIdSource, type RedisStore } from "@heddle/redis-store";
import {
  connectStore,
  connectTaskQueue,
  loadActivities,
  runService,
  serveHealth,
  type ServiceLife,
} from "@heddle/service-process";
import { createWorker } from "@heddle/worker";
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
  const { activityModules, queues, concurrency, drainMs, healthPort, systemTasks } = configuration;
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
      ...(systemTasks === undefined ? [] : systemActivities(systemTasks, store, life)),
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

/** What Conductor's definitions need a process of their own for: networks, scripts, registered definitions, event handlers. */
function systemActivities(
  { environment, ...options }: NonNullable<Configuration["systemTasks"]>,
  store: RedisStore,
  { beforeExit }: ServiceLife,
) {
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const tasks = createSystemTasks({ ...options, sinks: { conductor: conductorSink(client) } });
  beforeExit(() => tasks.close());
  return [
    ...systemTaskActivities(tasks),
    ...definitionActivities(new MetadataStore(store.documents)),
    ...eventActivities({ client, handlers: new EventHandlerStore(store.documents), environment }),
  ];
}
