// A worker under test: the parts that the app wires, with a breaking point.
import { createRedisStore } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { createWorker } from "@heddle/worker";
import { breakingPoint } from "./breaking-point.js";
import { enter } from "./crowd.js";
import { endInOrder } from "./ending.js";
import { activities } from "./errand.js";
import { ask } from "./question.js";
import { numberSetting, setting } from "./setting.js";

const log = createLogger({ name: "worker", level: "debug" });
const namespace = setting("HEDDLE_NAMESPACE");
const connection = { url: setting("REDIS_URL") };
const store = await createRedisStore({ connection, namespace });
const taskQueue = createTaskQueue({ connection, namespace, log });
const breakAt = breakingPoint();
const worker = createWorker({
  store: {
    claim: (request) => {
      breakAt("worker.fetched");
      return store.claim(request);
    },
    heartbeat: (request) => store.heartbeat(request),
    settle: async (request) => {
      const reply = await store.settle(request);
      breakAt("worker.accepted");
      return reply;
    },
    handOver: (ticket) => store.handOver(ticket),
    announceWorker: (announcement) => store.announceWorker(announcement),
    withdrawWorker: (withdrawn) => store.withdrawWorker(withdrawn),
  },
  taskQueue,
  activities: [...activities, ask, enter],
  livenessMs: numberSetting("LIVENESS_MS", 1_500),
  watchdogMs: 5_000,
  log,
  observe: (point) => breakAt(point),
});
endInOrder(async () => {
  await worker.drain({ graceMs: 2_000 });
  await taskQueue.close();
  await store.close();
});
worker.start();
await worker.ready;
console.log("worker ready");
