// Activities and queues over the client: as with the engine, and with answers that are lost.
import { HeddleClient } from "@heddle/client";
import { randomNamespace, startTcpProxy, waitFor } from "@heddle/testkit";
import {
  ActivityAlreadySettledError,
  ActivityNotFoundError,
  InvalidArgumentError,
  WorkflowNotFoundError,
} from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { openAsking } from "./support/asking.js";
import { withFirstReplyLost } from "./support/first-reply-lost.js";
import { serveGateway } from "./support/served-gateway.js";

async function open() {
  const namespace = randomNamespace("client-activities");
  const asking = await openAsking(namespace);
  const gateway = await serveGateway({ namespace });
  const proxy = await startTcpProxy({ targetPort: gateway.port });
  onTestFinished(() => proxy.stop());
  const client = new HeddleClient({
    url: `http://127.0.0.1:${proxy.port}`,
    retry: { attemptTimeoutMs: 3_000 },
  });
  return { ...asking, client, proxy };
}

test("a settlement whose answer is lost is repeated by itself, and happens once", async () => {
  const { client, proxy, start, tokenOf } = await open();
  const handle = await start({ retry: { maxAttempts: 3 } });
  const target = { workflowId: handle.id, reference: "approval" };
  await tokenOf(1);
  const error = Object.assign(new TypeError("no line"), { details: { nextDelayMs: 10 } });
  expect(await withFirstReplyLost(proxy, () => client.activities.fail(target, error))).toEqual({
    willRetry: true,
  });
  // Had the repetition failed the second attempt, this would be the last one.
  expect(await client.activities.fail(await tokenOf(2), error)).toEqual({ willRetry: true });
  const third = await tokenOf(3);
  expect(await withFirstReplyLost(proxy, () => client.activities.heartbeat(third, { page: 1 }))).toEqual({
    cancelRequested: false,
  });
  await withFirstReplyLost(proxy, () => client.activities.complete(third, { approved: true }));
  expect(await handle.result()).toEqual({ answer: { approved: true } });
});

test("refusals arrive as the errors of the engine, and what is no target is refused before it is sent", async () => {
  const { client, start, tokenOf } = await open();
  const { activities } = client;
  const handle = await start();
  const taskToken = await tokenOf(1);
  await activities.complete(taskToken, 1);
  await activities.complete(taskToken, 1);
  for (const call of [activities.complete(taskToken, 2), activities.fail(taskToken, new Error("no"))]) {
    await expect(call).rejects.toBeInstanceOf(ActivityAlreadySettledError);
  }
  const other = { workflowId: handle.id, reference: "other" };
  await handle.result();
  const second = await start();
  await tokenOf(2);
  await expect(activities.complete({ ...other, workflowId: second.id })).rejects.toBeInstanceOf(
    ActivityNotFoundError,
  );
  await expect(activities.heartbeat({ ...other, workflowId: "nobody" })).rejects.toBeInstanceOf(
    WorkflowNotFoundError,
  );
  for (const target of ["no token", { workflowId: "w", reference: "" }, undefined as never]) {
    await expect(activities.complete(target)).rejects.toBeInstanceOf(InvalidArgumentError);
  }
});

test("queues are listed and described as the engine does it", async () => {
  const { client, engine, start, tokenOf } = await open();
  await start();
  await tokenOf(1);
  await start({ queue: "nobody-serves-it" });
  const described = await waitFor(
    async () => {
      const queue = await client.queues.describe("nobody-serves-it", { targetPerWorker: 1 });
      return queue.waiting === 1 && queue;
    },
    { description: "the ticket waits" },
  );
  expect(described).toMatchObject({
    ...{ name: "nobody-serves-it", active: 0, backlog: 1, liveWorkers: 0, workers: [] },
    ...{ targetPerWorker: 1, recommendedReplicas: 1 },
  });
  const page = await client.queues.list();
  expect(page).toMatchObject({
    items: [
      { name: "default", waiting: 0, liveWorkers: 1 },
      { name: "nobody-serves-it", waiting: 1 },
    ],
  });
  expect(page.cursor).toBeUndefined();
  const [first, rest] = [await client.queues.list({ limit: 1 }), await engine.queues.list({ limit: 1 })];
  expect(first.items.map(({ name }) => name)).toEqual(["default"]);
  expect([first.cursor, rest.cursor]).toEqual(["default", "default"]);
  const next = await client.queues.list({ limit: 1, cursor: first.cursor });
  expect(next.items.map(({ name }) => name)).toEqual(["nobody-serves-it"]);
  const { workers, ...served } = await client.queues.describe("default");
  expect(served).toMatchObject({ targetPerWorker: 100, recommendedReplicas: 0 });
  expect(workers).toMatchObject([
    { concurrency: 100, active: 0, lastSeenAtMs: expect.any(Number) as number },
  ]);
  expect((await engine.queues.describe("default")).workers.map(({ id }) => id)).toEqual(
    workers.map(({ id }) => id),
  );
  await expect(client.queues.describe("no/queue")).rejects.toBeInstanceOf(InvalidArgumentError);
  await expect(engine.queues.list({ limit: 0 })).rejects.toBeInstanceOf(InvalidArgumentError);
});
