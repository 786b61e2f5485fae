// Gateways that are killed or stopped while they take jobs: each job is accepted once.
import { fileURLToPath } from "node:url";
import { randomNamespace, spawnProcess, waitFor } from "@heddle/testkit";
import { inject, onTestFinished, test, expect } from "vitest";
import { openForeignQueue, openIngestion, QUEUE } from "../support/open-ingestion.js";
import { serveGateway } from "../support/served-gateway.js";

const entry = fileURLToPath(new URL("../../processes/gateway.ts", import.meta.url));
const JOBS = 40;

async function startGateway(namespace: string, more: Readonly<Record<string, string>> = {}) {
  const env = { REDIS_URL: inject("redisUrl"), HEDDLE_NAMESPACE: namespace, INGESTION_QUEUE: QUEUE, ...more };
  const gateway = await spawnProcess({ name: "gateway", entry, env, readyWhen: /gateway ready/ });
  onTestFinished(async () => {
    await gateway.kill();
  });
  return gateway;
}

/** A queue with as many signals to one workflow, and as many starts of others. */
async function filledQueue(namespace: string) {
  const queue = openForeignQueue(namespace);
  await queue.add("start", { type: "cart", id: "cart" }, { jobId: "cart" });
  for (let number = 0; number < JOBS; number++) {
    const signal = { name: "add", payload: number };
    await queue.add("start-or-signal", { type: "cart", id: "cart", signal }, { jobId: `click-${number}` });
    await queue.add("start", { type: "order" }, { jobId: `order-${number}` });
    await queue.add("signal", { id: "nobody", name: "add" }, { jobId: `lost-${number}` });
  }
  return queue;
}

test.for([
  { point: "gateway.ingested", on: 7 },
  { point: "gateway.fetched", on: 7 },
])(
  "killed at $point, what it accepted or refused is not so twice",
  { timeout: 60_000 },
  async ({ point, on }) => {
    const namespace = randomNamespace("ingestion");
    await filledQueue(namespace);
    const breaks = await startGateway(namespace, { BREAK_AT: point, BREAK_ON: String(on) });
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await expectAllAccepted(namespace);
  },
);

test(
  "stopped under load, it finishes what it has begun and puts nothing back",
  { timeout: 60_000 },
  async () => {
    const namespace = randomNamespace("ingestion");
    const queue = await filledQueue(namespace);
    const { process: first } = await serveGateway({ namespace, env: { HEDDLE_INGESTION_QUEUE: QUEUE } });
    await waitFor(async () => (await queue.getWaitingCount()) < 3 * JOBS, { description: "it has begun" });
    expect(await first.stop({ timeoutMs: 15_000 })).toMatchObject({ code: 0 });
    expect(await queue.getActiveCount()).toBe(0);
    await expectAllAccepted(namespace);
  },
);

async function expectAllAccepted(namespace: string): Promise<void> {
  const { drained, accepted, letters, get } = await openIngestion({
    namespace,
    store: { partitions: undefined },
  });
  await drained();
  // Its start and each signal; when a signal came first, the start found it open and was refused.
  const refused = (await letters()).filter(({ jobId }) => !jobId.startsWith("lost-"));
  expect(refused.every(({ jobId }) => jobId === "cart")).toBe(true);
  expect(await accepted("cart")).toBe(JOBS + 1);
  expect((await get("/workflows/count?type=order")).body).toEqual({ count: JOBS });
  expect(await letters()).toHaveLength(JOBS + refused.length);
}
