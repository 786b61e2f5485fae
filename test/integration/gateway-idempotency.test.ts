// The header Idempotency-Key, as every accepting route takes it.
import type { AddressInfo } from "node:net";
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import { signal, update, workflow } from "heddle";
import { expect, inject, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { keysOf, openRedis } from "./support/namespace-keys.js";

const add = signal<number>("add");
const raise = update<number, number>("raise");
/** Sums what it is sent, and goes on for ever. */
const counter = workflow({ name: "counter" }).execute(function* (ctx) {
  let sum = 0;
  ctx.onUpdate(raise, (by) => (sum += by));
  for (;;) sum += yield* ctx.waitForSignal(add);
});

async function open() {
  const namespace = randomNamespace("keys");
  const engine = await openEngine({ namespace, workflows: [counter] });
  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  await gateway.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  const { port } = gateway.server.address() as AddressInfo;
  const post = async (path: string, key: string | undefined, body: object) => {
    const reply = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      body: JSON.stringify(body),
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  const notes = async () => {
    const redis = openRedis();
    return (await keysOf(redis, namespace)).filter((name) => name.includes("idempotency-key"));
  };
  return { engine, post, notes };
}

const REUSED = { status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED", retryable: false } };

test("a signal with a key is delivered once, and the repetition gets the same answer", async () => {
  const { engine, post } = await open();
  const handle = await engine.start("counter");
  const path = `/workflows/${handle.id}/signals/add`;
  const first = await post(path, "click-1", { payload: 5 });
  expect(first).toMatchObject({ status: 202, body: { signalId: "click-1" } });
  expect(await Promise.all([1, 2, 3].map(() => post(path, "click-1", { payload: 5 })))).toEqual([
    ...[first, first, first],
  ]);
  expect(await post(path, "click-1", { payload: 6 })).toMatchObject(REUSED);
  // A key belongs to one call: another signal may have the same.
  expect((await post(`/workflows/${handle.id}/signals/note`, "click-1", {})).status).toBe(202);
  const signals = (await handle.history()).filter(({ kind, name }) => kind === "signal" && name === "add");
  expect(signals.map(({ payload }) => payload)).toEqual([5]);
});

test("an update with a key is done once, and needs no other id", async () => {
  const { engine, post } = await open();
  const handle = await engine.start("counter");
  const path = `/workflows/${handle.id}/updates/raise`;
  const first = await post(path, "u-1", { input: 5 });
  expect(first).toMatchObject({ status: 200, body: { updateId: "u-1", result: 5 } });
  expect(await post(path, "u-1", { input: 5 })).toEqual(first);
  expect(await post(path, "u-1", { input: 7 })).toMatchObject(REUSED);
  expect(await post(path, undefined, { input: 7 })).toMatchObject({
    ...{ status: 400, body: { code: "INVALID_ARGUMENT", details: { field: "updateId" } } },
  });
});

test("starts with one key at once make one run, and another body is refused", async () => {
  const { post } = await open();
  const body = { type: "counter", input: { b: 1, a: [1] } };
  const replies = await Promise.all(Array.from({ length: 10 }, () => post("/workflows", "order-1", body)));
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(replies.map((reply) => reply.body["runId"])).size).toBe(1);
  // The order of fields means nothing.
  expect((await post("/workflows", "order-1", { input: { a: [1], b: 1 }, type: "counter" })).status).toBe(
    200,
  );
  expect(await post("/workflows", "order-1", { type: "counter" })).toMatchObject(REUSED);
});

test("start-or-signal and start-with-update take the key as well", async () => {
  const { post } = await open();
  const signalled = { type: "counter", signal: { name: "add", payload: 1 } };
  const first = await post("/workflows/start-or-signal", "k", signalled);
  expect(first.status).toBe(201);
  const again = await post("/workflows/start-or-signal", "k", signalled);
  expect(again).toMatchObject({ status: 200, body: { id: first.body["id"], runId: first.body["runId"] } });
  const changed = { ...signalled, signal: { name: "add", payload: 2 } };
  expect(await post("/workflows/start-or-signal", "k", changed)).toMatchObject(REUSED);

  const updated = { type: "counter", update: { name: "raise", input: 3 } };
  expect(await post("/workflows/start-with-update", "u", updated)).toMatchObject({ body: { result: 3 } });
  expect(await post("/workflows/start-with-update", "u", updated)).toMatchObject({ body: { result: 3 } });
  const other = { type: "counter", update: { name: "raise", input: 4 } };
  expect(await post("/workflows/start-with-update", "u", other)).toMatchObject(REUSED);
});

test.each(["terminate", "cancel"])("%s with a key spares a later run of the same id", async (verb) => {
  const { engine, post } = await open();
  const first = await engine.start("counter", undefined, { id: "w" });
  const path = `/workflows/w/${verb}`;
  expect(await post(path, "k", { reason: "twice" })).toEqual({ status: 202, body: { id: "w" } });
  await expect(first.result()).rejects.toThrow();
  // The run is closed, but the answer is the same.
  expect(await post(path, "k", { reason: "twice" })).toEqual({ status: 202, body: { id: "w" } });
  const second = await engine.start("counter", undefined, { id: "w" });
  expect(await post(path, "k", { reason: "twice" })).toEqual({ status: 202, body: { id: "w" } });
  expect(["pending", "running"]).toContain((await second.describe()).status);
  expect(await post(path, "k", { reason: "other" })).toMatchObject(REUSED);
});

test("suspend with a key does not suspend what was resumed since", async () => {
  const { engine, post } = await open();
  const handle = await engine.start("counter");
  expect((await post(`/workflows/${handle.id}/suspend`, "k", {})).status).toBe(202);
  expect((await post(`/workflows/${handle.id}/resume`, "k", {})).status).toBe(202);
  expect((await post(`/workflows/${handle.id}/suspend`, "k", {})).status).toBe(202);
  expect((await handle.describe()).status).toBe("running");
});

test("a repair with a key makes one run", async () => {
  const { engine, post } = await open();
  const handle = await engine.start("counter", undefined, { id: "w" });
  // Its answer says that the run has an event to be reset to.
  await handle.update(raise, 1);
  const first = await post("/workflows/w/reset", "k", { event: 0 });
  expect(first.status).toBe(202);
  expect(await post("/workflows/w/reset", "k", { event: 0 })).toEqual(first);
  expect((await engine.getHandle("w").describe()).runId).toBe(first.body["runId"]);
  expect(await post("/workflows/w/reset", "k", { event: 0, reason: "other" })).toMatchObject(REUSED);
});

test("a call that was refused leaves no note, so its key may be used for the corrected one", async () => {
  const { post, notes } = await open();
  expect((await post("/workflows/nobody/signals/add", "k", { payload: 1 })).status).toBe(404);
  expect((await post("/workflows/nobody/terminate", "k", {})).status).toBe(404);
  expect((await post("/workflows", "k", { type: "x".repeat(65) })).status).toBe(400);
  expect(await notes()).toEqual([]);
  expect((await post("/workflows", "k", { type: "counter" })).status).toBe(201);
  expect(await notes()).toHaveLength(1);
});

test("a key is never ignored: it has no effect on a query, and is refused where nothing would heed it", async () => {
  const { engine, post, notes } = await open();
  const handle = await engine.start("counter");
  expect((await post(`/workflows/${handle.id}/queries/none`, "k", {})).status).toBe(200);
  expect(await post("/keys", "k", { label: "x", role: "reader" })).toMatchObject({
    ...{ status: 400, body: { code: "INVALID_ARGUMENT", details: { field: "idempotency-key" } } },
  });
  expect(await notes()).toEqual([]);
});
