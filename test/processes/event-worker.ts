// A worker under test that handles events: the activities of `conductor.event`, with a breaking point.
import {
  conductorSink,
  createSystemTasks,
  definitionActivities,
  eventActivities,
  EventHandlerStore,
  MetadataStore,
  systemTaskActivities,
} from "@heddle/conductor";
import { WorkflowClient } from "@heddle/core";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { createWorker } from "@heddle/worker";
import { breakingPoint } from "./breaking-point.js";
import { endInOrder } from "./ending.js";
import { setting } from "./setting.js";

const log = createLogger({ name: "event-worker", level: "debug" });
const namespace = setting("HEDDLE_NAMESPACE");
const connection = { url: setting("REDIS_URL") };
const store = await createRedisStore({ connection, namespace });
const taskQueue = createTaskQueue({ connection, namespace, log });
const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
const tasks = createSystemTasks({
  sandbox: { deadlineMs: 60_000 },
  sinks: { conductor: conductorSink(client) },
});
const breakAt = breakingPoint();
const worker = createWorker({
  store,
  taskQueue,
  activities: [
    ...systemTaskActivities(tasks),
    ...definitionActivities(new MetadataStore(store.documents)),
    ...eventActivities({ client, handlers: new EventHandlerStore(store.documents) }),
  ],
  livenessMs: 1_500,
  watchdogMs: 5_000,
  log,
  observe: (point, details) => {
    // `worker.executed conductor.updateFromEvent`
    breakAt(`${point} ${"activityName" in details ? details.activityName : ""}`.trim());
  },
});
endInOrder(async () => {
  await worker.drain({ graceMs: 2_000 });
  await Promise.all([taskQueue.close(), tasks.close()]);
  await store.close();
});
worker.start();
await worker.ready;
console.log("worker ready");
