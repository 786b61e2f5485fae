// A coordinator under test: the parts that the app wires, with a breaking point and a journal of its commits.
import { startCoordinator, WorkflowRegistry } from "@heddle/coordinator";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger, messageFirstLog } from "@heddle/telemetry";
import { archive } from "./archive.js";
import { breakingPoint } from "./breaking-point.js";
import { crowd } from "./crowd.js";
import { withCommitJournal } from "./commit-journal.js";
import { endInOrder } from "./ending.js";
import { workflows } from "./errand.js";
import { family } from "./family.js";
import { question } from "./question.js";
import { lingering } from "./lingering.js";
import { numberSetting, setting } from "./setting.js";
import { round } from "./round.js";
import { withStalledRuns } from "./stalled-runs.js";
import { trip } from "./trip.js";

const log = createLogger({ name: "coordinator", level: "debug" });
const namespace = setting("HEDDLE_NAMESPACE");
const connection = { url: setting("REDIS_URL") };
const store = await createRedisStore({ connection, namespace, partitions: numberSetting("PARTITIONS", 4) });
const taskQueue = createTaskQueue({ connection, namespace, log });
const leaseTtlMs = numberSetting("LEASE_TTL_MS", 1_500);
const breakAt = breakingPoint();
/** Few tests execute definitions, and what that takes is slow to load. */
const executesDefinitions = process.env["EXECUTES_DEFINITIONS"] !== undefined;
const conductor = executesDefinitions ? await import("@heddle/conductor") : undefined;
const definitions = conductor?.conductorWorkflows ?? [];
const coordinator = await startCoordinator({
  store: {
    ...withStalledRuns(withCommitJournal(store, setting("JOURNAL_FILE")), process.env["STALL_AT"]),
    timeOutRuns: async (lease, timers) => {
      breakAt("coordinator.before-deadline");
      const reply = await store.timeOutRuns(lease, timers);
      breakAt("coordinator.timed-out");
      return reply;
    },
    beginDelayedRuns: async (lease, timers) => {
      breakAt("coordinator.before-start");
      const reply = await store.beginDelayedRuns(lease, timers);
      breakAt("coordinator.begun");
      return reply;
    },
    advanceSchedule: async (lease, step) => {
      if (step.progress.starting.length > 0) breakAt("coordinator.before-decision");
      return store.advanceSchedule(lease, step);
    },
    start: async (request) => {
      breakAt("coordinator.before-scheduled-start");
      const reply = await store.start(request);
      breakAt("coordinator.scheduled-start");
      return reply;
    },
  },
  // Between the two halves of the relay: the queue has the tickets, the outbox still has them too.
  taskQueue: {
    enqueue: async (queue, tickets) => {
      const confirmed = await taskQueue.enqueue(queue, tickets);
      breakAt("coordinator.enqueued");
      return confirmed;
    },
    consume: (...request) => taskQueue.consume(...request),
    close: () => taskQueue.close(),
  },
  registry: new WorkflowRegistry([
    ...[...workflows, archive, lingering, trip, question, round, crowd, ...family],
    ...definitions,
  ]),
  ids: randomIdSource,
  log: messageFirstLog(log),
  settings: {
    leaseTtlMs,
    renewEveryMs: leaseTtlMs / 3,
    ticketCheckMs: numberSetting("TICKET_CHECK_MS", 30_000),
    reconcileEveryMs: numberSetting("RECONCILE_EVERY_MS", 60_000),
  },
  observe: (point) => breakAt(point),
});
endInOrder(async () => {
  await coordinator.stop();
  await taskQueue.close();
  await store.close();
});
console.log("coordinator ready");
