// One target that takes no message for a while holds up neither other targets nor the order of its own.
import { startCoordinator, WorkflowRegistry } from "@heddle/coordinator";
import { WorkflowClient } from "@heddle/core";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { signal, workflow } from "heddle";
import { expect, inject, onTestFinished, test } from "vitest";

const note = signal<number>("note");

const taker = workflow({ name: "taker" }).execute(async function* (ctx, wanted: number) {
  const notes: number[] = [];
  while (notes.length < wanted) notes.push(yield* ctx.waitForSignal(note));
  return notes;
});

const sender = workflow({ name: "sender" }).execute(async function* (ctx, wanted: number) {
  const numbers = Array.from({ length: wanted }, (_, number) => number);
  yield* ctx.all(
    numbers.flatMap((number) => [
      ctx.signalWorkflow("full", note, number),
      ctx.signalWorkflow("free", note, number),
    ]),
  );
});

test("a full inbox is waited out, in order, while others get their messages", async () => {
  const namespace = randomNamespace("relay");
  const connection = { url: inject("redisUrl") };
  const log = createLogger({ name: "relay", level: "silent" });
  const limits = { runInboxCap: 3 };
  const store = await createRedisStore({ connection, namespace, partitions: 4, limits });
  const taskQueue = createTaskQueue({ connection, namespace, log });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: 1024 });
  const registry = new WorkflowRegistry([taker, sender]);
  const coordinator = await startCoordinator({
    ...{ store, taskQueue, registry, ids: randomIdSource, log },
    settings: { reconcileEveryMs: 100 },
  });
  onTestFinished(async () => {
    await coordinator.stop();
    await taskQueue.close();
    await store.close();
  });

  const wanted = 40;
  const numbers = Array.from({ length: wanted }, (_, number) => number);
  await client.start("taker", wanted, { id: "full" });
  // What is accepted for a suspended run is not processed, so its inbox fills up.
  await waitFor(async () => (await client.describe("full")).status === "running", { description: "it runs" });
  await client.suspend("full");
  await client.start("taker", wanted, { id: "free" });
  await client.start("sender", wanted, { id: "sender" });
  expect(await client.result("free")).toEqual(numbers);
  expect((await client.describe("sender")).status).toBe("running");
  await client.resume("full");
  expect(await client.result("full")).toEqual(numbers);
  await client.result("sender");
});
