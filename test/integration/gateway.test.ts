// The gateway over a real Redis, without a coordinator: accepting needs none.
import { Agent, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { WorkflowClient } from "@heddle/core";
import { createGateway, type Gateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource, type RedisStore } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, startTestRedis, waitFor } from "@heddle/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

interface Open {
  readonly gateway: Gateway;
  readonly store: RedisStore;
  readonly namespace: string;
  close(): Promise<void>;
}

async function openGateway(url: string): Promise<Open> {
  const namespace = randomNamespace("gateway");
  const store = await createRedisStore({ connection: { url }, namespace });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const gateway = createGateway({
    client,
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  const close = async (): Promise<void> => {
    await gateway.close();
    await store.close();
  };
  return { gateway, store, namespace, close };
}

let open: Open;
beforeAll(async () => {
  open = await openGateway(inject("redisUrl"));
});
afterAll(() => open.close());

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

async function call(
  method: "GET" | "POST",
  path: string,
  payload?: object,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const reply = await open.gateway.inject({
    method,
    url: `/api/v1${path}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: reply.statusCode, headers: reply.headers, body: reply.json() };
}
const post = (path: string, payload: object = {}, headers?: Record<string, string>) =>
  call("POST", path, payload, headers);
const get = (path: string) => call("GET", path);

let lastId = 0;
async function startedWorkflow(options: object = {}): Promise<{ id: string; runId: string; path: string }> {
  lastId += 1;
  const { status, body } = await post("/workflows", { type: "order", id: `order-${lastId}`, ...options });
  expect(status).toBe(201);
  const id = String(body["id"]);
  return { id, runId: String(body["runId"]), path: `/workflows/${encodeURIComponent(id)}` };
}

describe("start", () => {
  test("a start is answered with 201, its ids and where to find it", async () => {
    const { status, body, headers } = await post("/workflows", { type: "order", input: { lines: 2 } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ outcome: "started" });
    expect(headers["location"]).toBe(`/api/v1/workflows/${String(body["id"])}`);
    const described = await get(`/workflows/${String(body["id"])}`);
    expect(described.body).toMatchObject({
      id: body["id"],
      runId: body["runId"],
      type: "order",
      status: "pending",
    });
    expect(described.body["createdAt"]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test("an id that is open is refused with the run that has it, or used when asked to", async () => {
    const { id, runId } = await startedWorkflow();
    const refused = await post("/workflows", { type: "order", id });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      code: "WORKFLOW_ALREADY_EXISTS",
      details: { workflowId: id, runId },
    });
    const existing = await post("/workflows", { type: "order", id, idConflict: "use-existing" });
    expect(existing).toMatchObject({ status: 200, body: { id, runId, outcome: "existing" } });
  });

  test("an idempotency key starts once, as a header and as a field", async () => {
    const first = await post("/workflows", { type: "order" }, { "idempotency-key": "order 7" });
    const second = await post("/workflows", { type: "order", idempotencyKey: "order 7" });
    const both = await post(
      "/workflows",
      { type: "order", idempotencyKey: "order 7" },
      { "idempotency-key": "order 7" },
    );
    expect(first.status).toBe(201);
    expect([second.status, both.status]).toEqual([200, 200]);
    for (const again of [second, both]) {
      expect(again.body).toEqual({ id: first.body["id"], runId: first.body["runId"], outcome: "existing" });
    }
  });

  test.each([
    "../../x",
    "a/b",
    "%2e%2e%2f",
    "{tag}",
    "*",
    "a:b",
    "a?b#c",
    "caf\u00e9",
    "cafe\u0301",
    "💡",
    "start-or-signal",
    "x".repeat(255),
  ])("the id %s comes back as it was given, on every route", async (id) => {
    const { path, runId } = await startedWorkflow({ id });
    expect(await get(path)).toMatchObject({ status: 200, body: { id, runId } });
    expect(await get(`${path}/history`)).toMatchObject({ status: 200 });
    expect(await post(`${path}/signals/s`)).toMatchObject({ status: 202, body: { id, runId } });
    expect(await post(`${path}/terminate`)).toEqual(expect.objectContaining({ status: 202, body: { id } }));
  });
});

describe("signals", () => {
  test("a signal is accepted, and a repeated one is answered alike and stored once", async () => {
    const { id, runId, path } = await startedWorkflow();
    const payload = { payload: { amount: 12.5, max: Number.MAX_SAFE_INTEGER }, signalId: "s/1" };
    for (const _ of [1, 2]) {
      const { status, body } = await post(`${path}/signals/paid`, payload);
      expect({ status, body }).toEqual({ status: 202, body: { id, runId, signalId: "s/1" } });
    }
    expect((await get(path)).body).toMatchObject({ accepted: 2 });
  });

  test("a signal name may hold any separator", async () => {
    const { path } = await startedWorkflow();
    expect((await post(`${path}/signals/${encodeURIComponent("a/b:{c}")}`)).status).toBe(202);
  });

  test("a signal to nobody is 404, to a closed run 409", async () => {
    expect(await post("/workflows/nobody/signals/s")).toMatchObject({
      status: 404,
      body: { code: "WORKFLOW_NOT_FOUND", details: { workflowId: "nobody" } },
    });
    const { path } = await startedWorkflow();
    await post(`${path}/terminate`);
    expect(await post(`${path}/signals/s`)).toMatchObject({
      status: 409,
      body: { code: "WORKFLOW_NOT_RUNNING", details: { status: "terminated" } },
    });
  });
});

describe("start or signal", () => {
  const signal = (signalId: string) => ({ name: "item", payload: 1, signalId });

  test("the three outcomes have three statuses", async () => {
    const request = { type: "cart", id: "cart-1" };
    const started = await post("/workflows/start-or-signal", { ...request, signal: signal("a") });
    const signalled = await post("/workflows/start-or-signal", { ...request, signal: signal("b") });
    const duplicate = await post("/workflows/start-or-signal", { ...request, signal: signal("b") });
    expect([started.status, signalled.status, duplicate.status]).toEqual([201, 202, 200]);
    expect([started, signalled, duplicate].map(({ body }) => body["outcome"])).toEqual([
      "started",
      "signalled",
      "duplicate",
    ]);
    expect(new Set([started, signalled, duplicate].map(({ body }) => body["runId"])).size).toBe(1);
  });

  test("many callers with one key start one workflow and one of them is told so", async () => {
    const request = { type: "cart", signal: { name: "item" } };
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        post("/workflows/start-or-signal", request, { "idempotency-key": "cart-of-ada" }),
      ),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(replies.map(({ body }) => body["runId"])).size).toBe(1);
  });

  test("a closed target is a conflict, and is replaced when asked to", async () => {
    const { id, path } = await startedWorkflow();
    await post(`${path}/terminate`);
    const request = { type: "order", id, signal: signal("z") };
    expect(await post("/workflows/start-or-signal", request)).toMatchObject({
      status: 409,
      body: { code: "START_OR_SIGNAL_CONFLICT" },
    });
    const replaced = { ...request, onTerminalConflict: "start-new" };
    expect((await post("/workflows/start-or-signal", replaced)).status).toBe(201);
  });
});

describe("control", () => {
  test("suspend and resume show in the status, and repeating them changes nothing", async () => {
    const { path } = await startedWorkflow();
    for (const _ of [1, 2]) expect((await post(`${path}/suspend`)).status).toBe(202);
    expect((await get(path)).body["status"]).toBe("suspended");
    for (const _ of [1, 2]) expect((await post(`${path}/resume`)).status).toBe(202);
    expect((await get(path)).body["status"]).not.toBe("suspended");
  });

  test("cancel is accepted as an event for the code", async () => {
    const { path } = await startedWorkflow();
    expect((await post(`${path}/cancel`, { reason: "changed my mind" })).status).toBe(202);
    expect((await get(path)).body).toMatchObject({ accepted: 2, status: "pending" });
  });

  test.each(["cancel", "terminate", "suspend", "resume"])("%s of nobody is 404", async (verb) => {
    expect((await post(`/workflows/nobody/${verb}`)).body["code"]).toBe("WORKFLOW_NOT_FOUND");
  });
});

test("the history is decoded and its times are ISO", async () => {
  const { path } = await startedWorkflow();
  await post(`${path}/terminate`, { reason: "enough" });
  const { status, body } = await get(`${path}/history`);
  expect(status).toBe(200);
  const items = body["items"] as Record<string, unknown>[];
  expect(items.at(-1)).toMatchObject({ kind: "terminated", reason: "enough" });
  expect(items.at(-1)?.["at"]).toMatch(/^\d{4}-.*Z$/);
});

test("a list goes through its pages without gap or repeat, and counts what matches", async () => {
  const type = "paged";
  const started: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    started.push((await startedWorkflow({ type, id: `paged-${index}` })).id);
  }
  const seen: unknown[] = [];
  let cursor = "";
  do {
    const page = await get(`/workflows?type=${type}&status=pending&status=running&limit=2${cursor}`);
    expect(page.body).toMatchObject({ total: 5, limit: 2, offset: 0 });
    seen.push(...(page.body["items"] as { id: string }[]).map(({ id }) => id));
    cursor = typeof page.body["cursor"] === "string" ? `&cursor=${page.body["cursor"]}` : "";
  } while (cursor !== "");
  expect(seen).toHaveLength(5);
  expect(new Set(seen)).toEqual(new Set(started));
  expect((await get(`/workflows/count?type=${type}`)).body).toEqual({ count: 5 });
  expect((await get(`/workflows/count?type=${type}&status=completed`)).body).toEqual({ count: 0 });
});

describe("result", () => {
  test("an open run is 202 with a time to ask again, at once and after a wait", async () => {
    const { path } = await startedWorkflow();
    for (const query of ["", "?waitMs=0", "?waitMs=50"]) {
      const { status, body, headers } = await get(`${path}/result${query}`);
      expect({ status, body, retryAfter: headers["retry-after"] }).toEqual({
        status: 202,
        body: { status: "running" },
        retryAfter: "1",
      });
    }
  });

  test("a waiting caller is told of the end when it comes", async () => {
    const { id, runId, path } = await startedWorkflow();
    const waiting = get(`${path}/result?waitMs=60000`);
    await post(`${path}/terminate`, { reason: "enough" });
    const expected = {
      status: 409,
      body: { code: "WORKFLOW_TERMINATED", details: { workflowId: id, runId, reason: "enough" } },
    };
    expect(await waiting).toMatchObject(expected);
    expect(await get(`${path}/result`)).toMatchObject(expected);
  });

  test("the result of nobody is 404, with and without a wait", async () => {
    for (const query of ["", "?waitMs=1000"]) {
      expect((await get(`/workflows/nobody/result${query}`)).body["code"]).toBe("WORKFLOW_NOT_FOUND");
    }
  });
});

test("a query of a suspended run has no answer, or the reason when strict", async () => {
  const { path } = await startedWorkflow();
  await post(`${path}/suspend`);
  expect(await post(`${path}/queries/total`)).toMatchObject({
    status: 200,
    body: { answered: false, result: null },
  });
  expect(await post(`${path}/queries/total`, { strict: true })).toMatchObject({
    status: 409,
    body: { code: "WORKFLOW_NOT_RUNNING" },
  });
  expect((await post("/workflows/nobody/queries/total")).body["code"]).toBe("WORKFLOW_NOT_FOUND");
});

test("an update is asked for by name and id, and refused like any other request", async () => {
  const { path } = await startedWorkflow();
  expect(await post(`${path}/updates/pay`, { input: 1 })).toMatchObject({
    status: 400,
    body: { code: "INVALID_ARGUMENT" },
  });
  await post(`${path}/suspend`);
  expect(await post(`${path}/updates/pay`, { input: 1, updateId: "click-1" })).toMatchObject({
    status: 409,
    body: { code: "WORKFLOW_NOT_RUNNING", details: { status: "suspended" } },
  });
  expect((await post("/workflows/nobody/updates/pay", { updateId: "click-1" })).body["code"]).toBe(
    "WORKFLOW_NOT_FOUND",
  );
});

test("a refused request writes no key", async () => {
  const redis = new Redis(inject("redisUrl"));
  const keys = async () => (await redis.keys(`*${open.namespace}*`)).sort();
  const before = await keys();
  for (const payload of [
    { type: "t", statuz: 1 },
    { type: "t", id: "" },
    { type: "t", id: "a", idempotencyKey: "b" },
  ]) {
    expect((await post("/workflows", payload)).status).toBe(400);
  }
  expect((await post("/workflows/start-or-signal", { type: "t", signal: { name: "s" } })).status).toBe(400);
  expect((await post("/workflows/nobody/signals/s", { payload: "x".repeat(MAX_PAYLOAD_BYTES) })).status).toBe(
    413,
  );
  expect((await post("/workflows/nobody/signals/s")).status).toBe(404);
  expect(await keys()).toEqual(before);
  redis.disconnect();
});

test("draining answers long polls, turns readiness off, and closes without waiting for kept-alive connections", async () => {
  const draining = await openGateway(inject("redisUrl"));
  await draining.gateway.listen({ host: "127.0.0.1", port: 0 });
  const { port } = draining.gateway.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const ask = (method: string, path: string, body?: string) =>
    new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      httpRequest({ port, path, method, agent, headers }, (reply) => {
        reply.resume();
        reply.on("end", () => resolve({ status: reply.statusCode, connection: reply.headers.connection }));
      })
        .on("error", reject)
        .end(body);
    });

  await ask("POST", "/api/v1/workflows", '{"type":"order","id":"w"}');
  const poll = ask("GET", "/api/v1/workflows/w/result?waitMs=60000");
  const connections = () =>
    new Promise<number>((resolve) =>
      draining.gateway.server.getConnections((_error, count) => resolve(count)),
    );
  await waitFor(async () => (await connections()) > 0, { description: "the long poll is connected" });
  expect((await ask("GET", "/readyz")).status).toBe(200);

  draining.gateway.drain();
  expect(await poll).toEqual({ status: 202, connection: "close" });
  expect(await ask("GET", "/readyz")).toEqual({ status: 503, connection: "close" });
  expect(await ask("GET", "/livez")).toEqual({ status: 200, connection: "close" });
  expect((await ask("GET", "/api/v1/workflows/w/result?waitMs=60000")).status).toBe(202);
  await draining.close();
  agent.destroy();
}, 10_000);

test("without Redis the gateway is live, not ready, and tells whether a write may have happened", async () => {
  const redis = await startTestRedis();
  const alone = await openGateway(redis.url);
  const readiness = async () => (await alone.gateway.inject("/readyz")).statusCode;
  try {
    expect(await readiness()).toBe(200);
    await redis.kill();
    const refused = await alone.gateway.inject("/readyz");
    expect(refused.json()).toMatchObject({ status: 503, code: "UNAVAILABLE", retryable: true });
    expect((await alone.gateway.inject("/livez")).statusCode).toBe(200);
    const start = await alone.gateway.inject({
      method: "POST",
      url: "/api/v1/workflows",
      payload: { type: "order", id: "w" },
    });
    expect(["UNAVAILABLE", "OUTCOME_UNKNOWN"]).toContain(start.json<{ code: string }>().code);
    expect(start.headers["retry-after"]).toBe("1");
    const paths = ["/w", "", "/count", "/w/result?waitMs=60000"].map((path) => `/api/v1/workflows${path}`);
    const reads = await Promise.all(paths.map((path) => alone.gateway.inject(path)));
    for (const read of reads) expect(read.json()).toMatchObject({ status: 503, code: "UNAVAILABLE" });
    await redis.restart();
    await waitFor(async () => (await readiness()) === 200, { description: "the gateway is ready again" });
    const result = await alone.gateway.inject("/api/v1/workflows/nobody/result?waitMs=1000");
    expect(result.json()).toMatchObject({ status: 404, code: "WORKFLOW_NOT_FOUND" });
  } finally {
    await alone.close();
    await redis.stop();
  }
});
