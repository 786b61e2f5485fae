import { type Coordinator, DEFAULT_SETTINGS, startCoordinator, WorkflowRegistry } from "@heddle/coordinator";
import { randomIdSource } from "@heddle/redis-store";
import {
  connectStore,
  loadActivities,
  loadWorkflows,
  runService,
  serveHealth,
  type ServiceLife,
} from "@heddle/service-process";
import { createTaskQueue } from "@heddle/task-queue";
import { messageFirstLog } from "@heddle/telemetry";
import { readConfiguration, type Configuration } from "./configuration.js";

await runService({
  name: "coordinator",
  configure: readConfiguration,
  // Commits what is in memory and releases the leases; past this their time to live gives them to others.
  stopWithinMs: () => 10_000,
  start,
});

async function start(configuration: Configuration, life: ServiceLife): Promise<void> {
  const { log, beforeExit } = life;
  const { redisUrl, namespace, leaseTtlMs, renewEveryMs, activityModules, workflowModules } = configuration;
  const from = process.cwd();
  const registry = new WorkflowRegistry(
    await loadWorkflows({ specifiers: workflowModules, from, variable: "HEDDLE_WORKFLOWS" }),
  );
  const activities = new Map(
    (await loadActivities({ specifiers: activityModules, from, variable: "HEDDLE_ACTIVITIES" })).map(
      (activity) => [activity.name, activity],
    ),
  );

  let coordinator: Coordinator | undefined;
  let isStopping = false;
  await serveHealth(configuration.healthPort, life, () => ({
    isAlive: true,
    isReady: coordinator !== undefined && !isStopping,
    details: coordinator && {
      coordinatorId: coordinator.coordinatorId,
      partitions: partitionsOf(coordinator),
    },
  }));
  const store = await connectStore(configuration, life);
  const taskQueue = createTaskQueue({
    connection: { url: redisUrl },
    namespace,
    prefix: store.prefix,
    log,
  });
  beforeExit(() => taskQueue.close());

  const started = await startCoordinator({
    store,
    taskQueue,
    registry,
    ids: randomIdSource,
    log: messageFirstLog(log),
    activityDefaults: (name) => activities.get(name),
    settings: {
      leaseTtlMs,
      renewEveryMs,
      cachedRuns: configuration.cachedRuns ?? DEFAULT_SETTINGS.cachedRuns,
    },
  });
  coordinator = started;
  beforeExit(() => {
    isStopping = true;
    return started.stop();
  });
  log.info(
    {
      coordinatorId: started.coordinatorId,
      namespace,
      partitions: partitionsOf(started),
      workflows: registry.types,
    },
    "coordinator ready",
  );
}

function partitionsOf(coordinator: Coordinator): readonly number[] {
  return coordinator.partitions.toSorted((left, right) => left - right);
}
