// The worker as it is deployed: a process with an environment, ended by signals.
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { decodePayload } from "@heddle/protocol";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, spawnProcess, waitFor } from "@heddle/testkit";
import { afterEach, expect, inject, test } from "vitest";
import { greet, wait } from "./process-activities.js";
import { ScheduledActivities } from "./scheduled-activities.js";

const entry = fileURLToPath(new URL("../../../apps/worker/src/main.ts", import.meta.url));
const activitiesModule = fileURLToPath(new URL("./process-activities.ts", import.meta.url));

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function startWorker(namespace: string, env: Record<string, string> = {}) {
  const worker = await spawnProcess({
    name: "worker",
    entry,
    env: {
      REDIS_URL: inject("redisUrl"),
      HEDDLE_NAMESPACE: namespace,
      HEDDLE_ACTIVITIES: activitiesModule,
      HEDDLE_DRAIN_MS: "200",
      ...env,
    },
    readyWhen: /"worker ready"/,
  });
  toClose.push(() => worker.kill());
  return worker;
}

async function openNamespace() {
  const namespace = randomNamespace("worker");
  const url = inject("redisUrl");
  const log = createLogger({ name: "test", level: "silent" });
  const taskQueue = createTaskQueue({ connection: { url }, namespace, log });
  const scheduled = await ScheduledActivities.open({ url, namespace, taskQueue });
  toClose.push(
    () => scheduled.store.close(),
    () => taskQueue.close(),
  );
  return { namespace, scheduled };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

test("SIGTERM gives back what runs past the grace, and ends the process in peace", async () => {
  const { namespace, scheduled } = await openNamespace();
  const worker = await startWorker(namespace);
  const ticket = await scheduled.schedule(wait, undefined);
  await worker.waitForLine(/"waiting"/);
  expect(await worker.stop()).toMatchObject({ code: 0 });
  const stored = await scheduled.untilBackingOff(ticket);
  expect((await scheduled.dispatchAgain(stored)).attempt).toBe(1);
});

test("a killed worker leaves its claim behind, and tickets it had not taken to its successor", async () => {
  const { namespace, scheduled } = await openNamespace();
  const first = await startWorker(namespace, { HEDDLE_CONCURRENCY: "1" });
  const held = await scheduled.schedule(wait, undefined);
  await first.waitForLine(/"waiting"/);
  const next = await scheduled.schedule(greet, "Ada");
  await first.kill();
  expect((await scheduled.stored(held))?.state).toBe("started");
  await startWorker(namespace);
  expect(decodePayload((await scheduled.untilSettled(next)).data)).toBe("Hello Ada");
});

test("the health server says alive and ready, with what the worker does", async () => {
  const { namespace } = await openNamespace();
  const port = await freePort();
  await startWorker(namespace, { HEDDLE_HEALTH_PORT: String(port) });
  for (const path of ["livez", "readyz"]) {
    const reply = await waitFor(
      () => fetch(`http://127.0.0.1:${port}/${path}`).then((r) => (r.ok ? r : undefined)),
      {
        description: `${path} answers 200`,
      },
    );
    const activities = ["greet", "wait", "conductor.HTTP", "conductor.findDefinition"];
    expect(await reply.json()).toMatchObject({
      state: "running",
      activities: expect.arrayContaining(activities) as unknown,
    });
  }
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
});

test.each([
  ["REDIS_URL is not set", { REDIS_URL: undefined }],
  ["HEDDLE_ACTIVITIES is not set", { HEDDLE_ACTIVITIES: undefined }],
  ["HEDDLE_ACTIVITIES names .*cannot be imported", { HEDDLE_ACTIVITIES: "./nowhere.js" }],
  ["HEDDLE_CONCURRENCY must be", { HEDDLE_CONCURRENCY: "many" }],
])("a bad environment is refused in words: %s", async (message, env) => {
  const worker = await spawnProcess({
    name: "worker",
    entry,
    env: { REDIS_URL: "redis://127.0.0.1:1", HEDDLE_ACTIVITIES: activitiesModule, ...env },
  });
  await worker.waitForLine(new RegExp(`^heddle worker: ${message}`));
  expect(await worker.exited).toMatchObject({ code: 1 });
});
