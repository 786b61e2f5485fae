import { conductorWorkflow, eventWorkflow } from "@heddle/conductor";
import { type Coordinator, DEFAULT_SETTINGS, startCoordinator, WorkflowRegistry } from "@heddle/coordinator";
import { randomIdSource } from "@heddle/redis-store";
import {
  connectStore,
  connectTaskQueue,
  loadActivities,
  loadWorkflows,
  runService,
  serveHealth,
  type ServiceLife,
} from "@heddle/service-process";
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
  const { namespace, leaseTtlMs, renewEveryMs, activityModules, workflowModules, runsConductor } =
    configuration;
  const from = process.cwd();
  const workflows = await loadWorkflows({ specifiers: workflowModules, from, variable: "HEDDLE_WORKFLOWS" });
  const registry = new WorkflowRegistry(
    runsConductor ? [...workflows, conductorWorkflow, eventWorkflow] : workflows,
  );
  const activities = new Map(
    (await loadActivities({ specifiers: activityModules, from, variable: "HEDDLE_ACTIVITIES" })).map(
      (activity) => [activity.name, activity],
    ),
  );

  let isReady = false;
  let details = (): unknown => ({});
  await serveHealth(configuration.healthPort, life, () => ({ isAlive: true, isReady, details: details() }));
  const store = await connectStore(configuration, life);
  const taskQueue = connectTaskQueue(configuration, life);

  const coordinator = await startCoordinator({
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
  const { coordinatorId } = coordinator;
  details = () => ({ coordinatorId, partitions: partitionsOf(coordinator) });
  isReady = true;
  beforeExit(() => {
    isReady = false;
    return coordinator.stop();
  });
  log.info(
    { coordinatorId, namespace, partitions: partitionsOf(coordinator), workflows: registry.types },
    "coordinator ready",
  );
}

function partitionsOf(coordinator: Coordinator): readonly number[] {
  return coordinator.partitions.toSorted((left, right) => left - right);
}
