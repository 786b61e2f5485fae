// What the gateway shows to whom, walked over every operation of its own document, so that a new route is in it too.
import { expect, inject, test } from "vitest";
import { Redis } from "ioredis";
import { keysOf } from "../support/namespace-contents.js";
import { ADMIN_KEY, openGuardedGateways, type GuardedGateways } from "./support/guarded-gateways.js";

interface Operation {
  readonly path: string;
  readonly methods: readonly string[];
}

async function operationsOf({ call }: GuardedGateways): Promise<Operation[]> {
  const { body } = await call(undefined, { method: "GET", url: "/openapi.json" });
  return Object.entries(body["paths"] as Record<string, object>).map(([path, item]) => ({
    path: path.replaceAll(/\{\w+\}/g, "w"),
    methods: Object.keys(item).map((method) => method.toUpperCase()),
  }));
}

async function keys({ namespace }: GuardedGateways): Promise<string[]> {
  const redis = new Redis(inject("redisUrl"));
  const all = await keysOf(redis, namespace);
  redis.disconnect();
  return all.filter((key) => !/\}:(?:rate:.*|audit|audit-batches)$/.test(key));
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
let addresses = 0;
const fresh = () => `10.4.${Math.floor(++addresses / 250)}.${addresses % 250}`;

test("without credentials no method of any path does more than health and discovery", async () => {
  const open = await openGuardedGateways();
  const [gateway] = open.gateways;
  const before = await keys(open);
  const answered: string[] = [];
  for (const { path, methods } of await operationsOf(open)) {
    for (const method of METHODS) {
      const reply = await gateway?.inject({ method, url: path, remoteAddress: fresh() });
      if (reply?.statusCode === 200) answered.push(`${method} ${path}`);
      // A path may be another's too: start-or-signal could be an id.
      else
        expect(methods.includes(method) ? [401] : [401, 405], `${method} ${path}`).toContain(
          reply?.statusCode,
        );
    }
  }
  expect(answered.sort()).toEqual(["GET /", "GET /livez", "GET /openapi.json", "GET /readyz"]);
  expect(await keys(open)).toEqual(before);
});

test.each([
  "/admin/queues",
  "/queues",
  "/bull",
  "/metrics",
  "/debug/pprof",
  "/.env",
  "/.git/config",
  "/docs",
  "/graphql",
  "/api/v1",
  "//api/v1/workflows",
  "/api/v1/../../etc/passwd",
  "/API/V1/workflows",
])("%s is no path, with credentials and without", async (url) => {
  const { call } = await openGuardedGateways();
  for (const key of [undefined, ADMIN_KEY]) {
    expect(await call(key, { method: "GET", url })).toMatchObject({
      status: 404,
      body: { code: "ROUTE_NOT_FOUND" },
    });
  }
});

const FORBIDDEN = [
  ...["status", "epoch", "ns", "namespace", "createdBy", "acceptedAtMs", "role2", "partition", "nonce"].map(
    (field) => `{"${field}":"x"}`,
  ),
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{"role":"admin"}}}',
];

test("no body of any operation sets what is the server's, or a prototype", async () => {
  const open = await openGuardedGateways();
  const [gateway] = open.gateways;
  const before = await keys(open);
  // Webhooks have credentials of their own, and their bodies are other people's.
  const api = (await operationsOf(open)).filter(({ path }) => path.startsWith("/api/"));
  // Nobody reads a body of GET or DELETE.
  const reading = METHODS.filter((method) => method !== "GET" && method !== "DELETE");
  const bodies = api.filter(({ methods }) => reading.some((each) => methods.includes(each)));
  expect(bodies.length).toBeGreaterThanOrEqual(12);
  for (const { path, methods } of bodies) {
    for (const method of reading.filter((each) => methods.includes(each))) {
      for (const payload of FORBIDDEN) {
        const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
        const reply = await gateway?.inject({ method, url: path, payload, headers });
        expect(reply?.json(), `${method} ${path} ${payload}`).toMatchObject({
          status: 400,
          code: "INVALID_ARGUMENT",
        });
      }
    }
  }
  expect(({} as Record<string, unknown>)["role"]).toBeUndefined();
  expect(await keys(open)).toEqual(before);
});

test("what a caller sends cannot forge, colour or flood the log", async () => {
  const open = await openGuardedGateways();
  const [gateway] = open.gateways;
  const nasty = 'a\r\n{"level":"fatal"}\u001b[31m\u0000\u202e';
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
  const huge = "x".repeat(1_000_000);
  for (const id of [nasty, huge]) {
    for (const body of [{ type: id }, { type: "t", id }, { type: "t", idempotencyKey: id }]) {
      await gateway?.inject({
        method: "POST",
        url: "/api/v1/workflows",
        payload: JSON.stringify(body),
        headers,
      });
    }
    const path = encodeURIComponent(id.slice(0, 2_000));
    await gateway?.inject({ url: `/api/v1/workflows/${path}`, headers });
    await gateway?.inject({ url: `/${path}`, headers: { ...headers, "user-agent": "x".repeat(8_000) } });
  }
  expect(open.logLines.length).toBeGreaterThan(8);
  for (const line of open.logLines) {
    expect(line).toMatch(/^\{[\u0020-\uffff]+\}\n$/);
    expect(line.length).toBeLessThan(10_000);
    expect(JSON.parse(line)).not.toMatchObject({ level: "fatal" });
  }
});
