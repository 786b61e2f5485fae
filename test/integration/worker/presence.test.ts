// Workers in the list of their queue: while they live, how busy they are, and when they are gone.
import { QueueClient } from "@heddle/core";
import { createRedisStore } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, spawnProcess, waitFor } from "@heddle/testkit";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished, test } from "vitest";
import { gatedActivity } from "../support/gated-activity.js";
import { createWorker } from "@heddle/worker";
import { ScheduledActivities } from "./scheduled-activities.js";

const log = createLogger({ name: "test", level: "silent" });
const entry = fileURLToPath(new URL("../../processes/worker.ts", import.meta.url));

async function open() {
  const [namespace, url] = [randomNamespace("presence"), inject("redisUrl")];
  const connection = { url };
  const taskQueue = createTaskQueue({ connection, namespace, log });
  const store = await createRedisStore({ connection, namespace, partitions: 1 });
  onTestFinished(async () => {
    await taskQueue.close();
    await store.close();
  });
  const queues = new QueueClient(store, taskQueue);
  const waitForQueue = (queue: string, wanted: object, description: string) =>
    waitFor(
      async () => {
        const described = await queues.describe(queue);
        return Object.entries(wanted).every(([name, value]) => Object.is(Reflect.get(described, name), value))
          ? described
          : undefined;
      },
      { description, timeoutMs: 25_000 },
    );
  return { namespace, url, taskQueue, store, waitForQueue };
}

test("a worker is listed with its load while it lives, and gone when it leaves", async () => {
  const { namespace, url, taskQueue, store, waitForQueue } = await open();
  const scheduled = await ScheduledActivities.open({ url, namespace, taskQueue });
  onTestFinished(() => scheduled.store.close());
  const gated = gatedActivity();
  const worker = createWorker({
    ...{ store, taskQueue, activities: [gated.definition], queues: ["default", "mail"], concurrency: 2, log },
  });
  worker.start();
  await worker.ready;
  await waitForQueue("mail", { liveWorkers: 1 }, "the worker is listed for its other queue");
  for (let index = 0; index < 3; index += 1) await scheduled.schedule(gated.definition, undefined);
  await waitForQueue("default", { active: 2, waiting: 1 }, "two tickets are taken");
  const busy = await waitFor(
    async () => {
      const described = await waitForQueue("default", { liveWorkers: 1 }, "the worker is listed");
      return described.workers[0]?.active === 2 && described;
    },
    { description: "the worker says how busy it is", timeoutMs: 15_000 },
  );
  expect(busy).toMatchObject({ backlog: 3, targetPerWorker: 2, recommendedReplicas: 2 });
  expect(busy.workers).toMatchObject([{ id: worker.describe().identity, concurrency: 2 }]);
  expect(busy.oldestWaitingAgeMs).toBeGreaterThan(0);
  await worker.close();
  expect(await waitForQueue("default", { liveWorkers: 0 }, "it has left")).toMatchObject({ workers: [] });
  await waitForQueue("mail", { liveWorkers: 0 }, "it has left its other queue");
});

test(
  "a worker that is killed is gone after a while, and nothing of it is left",
  { timeout: 60_000 },
  async () => {
    const { namespace, url, store, waitForQueue } = await open();
    const spawned = await spawnProcess({
      name: "worker",
      entry,
      env: { REDIS_URL: url, HEDDLE_NAMESPACE: namespace },
      readyWhen: /worker ready/,
    });
    await waitForQueue("default", { liveWorkers: 1 }, "the worker is listed");
    await spawned.kill();
    await waitForQueue("default", { liveWorkers: 0 }, "the killed worker is gone");
    expect(await store.queueNames()).toContain("default");
  },
);
