// Who may call the gateway: keys, roles, rates and the audit log, over a real Redis.
import { includesRole, ROLES, type Role } from "@heddle/protocol";
import { startTestRedis, waitFor } from "@heddle/testkit";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { keysOf } from "../support/namespace-contents.js";
import { ADMIN_KEY, openGuardedGateways, type Call } from "./support/guarded-gateways.js";

const COUNT: Call = { method: "GET", url: "/api/v1/workflows/count" };
const START: Call = { method: "POST", url: "/api/v1/workflows", body: { type: "order", id: "order-1" } };
const KEYS = "/api/v1/keys";

describe("an API key", () => {
  test("is shown once, stored as a digest only, and works on every gateway at once", async () => {
    const { call, createKey, namespace } = await openGuardedGateways({ replicas: 2 });
    const { id, key } = await createKey({ role: "reader" });
    for (const replica of [0, 1])
      expect(await call(key, { ...COUNT, replica })).toMatchObject({ status: 200 });
    const { body } = await call(ADMIN_KEY, { method: "GET", url: KEYS });
    expect(body["items"]).toEqual([
      expect.objectContaining({
        id,
        label: "a reader",
        role: "reader",
        state: "active",
        createdBy: "admin-key",
      }),
    ]);
    expect(JSON.stringify(body)).not.toContain(key.slice(-43));
    expect(JSON.stringify(await storedIn(namespace))).not.toContain(key.slice(-43));
  });

  test("that is revoked is refused on every gateway within five seconds", async () => {
    const { call, createKey } = await openGuardedGateways({ replicas: 2 });
    const { id, key } = await createKey({ role: "reader" });
    for (const replica of [0, 1])
      expect(await call(key, { ...COUNT, replica })).toMatchObject({ status: 200 });
    const revoke: Call = { method: "POST", url: `${KEYS}/${id}/revoke`, body: {} };
    const revoked = await call(ADMIN_KEY, revoke);
    expect(revoked).toMatchObject({ status: 200, body: { id, state: "revoked" } });
    expect((await call(ADMIN_KEY, revoke)).body).toEqual(revoked.body);
    for (const replica of [0, 1]) {
      await waitFor(async () => (await call(key, { ...COUNT, replica })).status === 401, {
        timeoutMs: 5_000,
        description: "the revoked key is refused",
      });
    }
  });

  test("is rotated without a gap: both keys work during the overlap", async () => {
    const { call, createKey } = await openGuardedGateways();
    const { id, key } = await createKey({ role: "signaller", expiresAfter: "90 days" });
    const rotated = await call(ADMIN_KEY, {
      method: "POST",
      url: `${KEYS}/${id}/rotate`,
      body: { overlap: "3s" },
    });
    expect(rotated).toMatchObject({ status: 201, body: { role: "signaller", state: "active" } });
    const successor = String(rotated.body["key"]);
    expect(await call(key, COUNT)).toMatchObject({ status: 200 });
    expect(await call(successor, COUNT)).toMatchObject({ status: 200 });
    await waitFor(async () => (await call(key, COUNT)).status === 401, { description: "the old key ended" });
    expect(await call(successor, COUNT)).toMatchObject({ status: 200 });
    const again = await call(ADMIN_KEY, { method: "POST", url: `${KEYS}/${id}/rotate`, body: {} });
    expect(again).toMatchObject({ status: 404, body: { code: "API_KEY_NOT_FOUND" } });
  });

  test("of another namespace, with another secret, or none, is nobody's", async () => {
    const here = await openGuardedGateways();
    const other = await openGuardedGateways();
    const { key } = await here.createKey({ role: "admin" });
    const { key: foreign } = await other.createKey({ role: "admin" });
    const forged = key.slice(0, -1) + (key.endsWith("A") ? "B" : "A");
    for (const credentials of [foreign, forged, key.slice(0, -1), "x", "x".repeat(10_000), `${ADMIN_KEY}x`]) {
      const refused = await here.call(credentials, COUNT);
      expect(refused).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED", retryable: false } });
      expect(refused.headers["www-authenticate"]).toBe('Bearer realm="heddle", error="invalid_token"');
      expect(refused.headers["content-type"]).toMatch(/^application\/problem\+json/);
    }
    expect((await here.call(undefined, COUNT)).headers["www-authenticate"]).toBe('Bearer realm="heddle"');
    const basic = { authorization: `Basic ${Buffer.from(`admin:${key}`).toString("base64")}` };
    expect(await here.call(undefined, { ...COUNT, headers: basic })).toMatchObject({ status: 401 });
  });

  test.each([
    ["no role", { label: "x" }],
    ["a role that is none", { label: "x", role: "root" }],
    ["fields that are the server's", { label: "x", role: "reader", createdBy: "me" }],
    ["an id of the caller's", { label: "x", role: "reader", id: "0123456789abcdef" }],
    ["no label", { role: "reader" }],
    ["a label that forges a log line", { label: "x\n{}", role: "reader" }],
    ["a life of nothing", { label: "x", role: "reader", expiresAfter: 0 }],
    ["a duration that is none", { label: "x", role: "reader", expiresAfter: "soon" }],
    ["a rate of nothing", { label: "x", role: "reader", requestsPerSecond: 0 }],
  ])("is not created with %s", async (_name, body) => {
    const { call } = await openGuardedGateways();
    const refused = await call(ADMIN_KEY, { method: "POST", url: KEYS, body });
    expect(refused).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
    expect((await call(ADMIN_KEY, { method: "GET", url: KEYS })).body).toEqual({ items: [] });
  });

  test.each(["nope", "x:createdAtMs", "*", "%00"])("with the id %s does not exist", async (id) => {
    const { call } = await openGuardedGateways();
    for (const verb of ["revoke", "rotate"]) {
      const reply = await call(ADMIN_KEY, { method: "POST", url: `${KEYS}/${id}/${verb}`, body: {} });
      expect(reply).toMatchObject({ status: 404, body: { code: "API_KEY_NOT_FOUND" } });
    }
  });
});

describe("roles", () => {
  /** Every operation of the document, with a request that reaches its handler if it is let through. */
  async function operationsOf({ call }: Awaited<ReturnType<typeof openGuardedGateways>>) {
    const { body } = await call(undefined, { method: "GET", url: "/openapi.json" });
    const paths = body["paths"] as Record<string, Record<string, Record<string, unknown>>>;
    return Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        name: `${method} ${path}`,
        needs: (operation["x-heddle-role"] ??
          ((operation["security"] as unknown[]).length === 0 ? "open" : "signature")) as
          Role | "open" | "signature",
        request: {
          method: method.toUpperCase() as "GET" | "POST",
          // A stream that is let through would not end.
          url: path.replaceAll(/\{\w+\}/g, "nothing") + (path.endsWith("/stream") ? "?no=such-field" : ""),
          ...(method === "get" ? {} : { body: { no: "such field" } }),
        },
      })),
    );
  }

  test("every role may do exactly what the document says, on every route", async () => {
    const open = await openGuardedGateways();
    const operations = await operationsOf(open);
    expect(operations.length).toBeGreaterThanOrEqual(20);
    for (const held of ROLES) {
      const { key } = await open.createKey({ role: held });
      for (const { name, needs, request } of operations) {
        const { status, body } = await open.call(key, request);
        // Webhooks know signatures only: a key of whatever role is none.
        if (needs === "signature") {
          expect(status, name).toBe(401);
          continue;
        }
        const isAllowed = needs === "open" || includesRole(held, needs);
        expect(status === 403, `${held}: ${name} gave ${status}`).toBe(!isAllowed);
        expect(status).not.toBe(401);
        if (!isAllowed)
          expect(body).toMatchObject({ code: "PERMISSION_DENIED", details: { needs, has: held } });
      }
    }
  });

  test("without credentials only health and discovery are answered, and nothing is written", async () => {
    const open = await openGuardedGateways();
    const operations = await operationsOf(open);
    for (const [index, { name, needs, request }] of operations.entries()) {
      const { status } = await open.call(undefined, { ...request, address: `10.0.0.${index}` });
      expect(status, name).toBe(needs === "open" ? 200 : 401);
      if (request.method !== "GET") continue;
      const url = { ...request, method: "HEAD" as const, remoteAddress: `10.1.0.${index}` };
      const head = await open.gateways[0]?.inject(url);
      expect(head?.statusCode, `HEAD of ${name}`).toBe(needs === "open" ? 200 : 401);
    }
    const written = Object.keys(await storedIn(open.namespace));
    expect(written.filter((key) => !/:(settings|audit|audit-batches)$/.test(key))).toEqual([]);
  });

  test("a signaller may start, but not end somebody else's run by starting", async () => {
    const { call, createKey } = await openGuardedGateways();
    const { key } = await createKey({ role: "signaller" });
    expect(await call(key, START)).toMatchObject({ status: 201 });
    const replace = { ...START, body: { ...START.body, idConflict: "terminate-existing" } };
    expect(await call(key, replace)).toMatchObject({ status: 403, body: { code: "PERMISSION_DENIED" } });
    const { key: operator } = await createKey({ role: "operator" });
    expect(await call(operator, replace)).toMatchObject({ status: 201 });
  });
});

describe("rates", () => {
  test("a caller has one rate over all gateways, and no other caller pays for it", async () => {
    const { call, createKey } = await openGuardedGateways({ replicas: 2 });
    const { key } = await createKey({ role: "reader", requestsPerSecond: 3 });
    const { key: other } = await createKey({ role: "reader", requestsPerSecond: 1_000 });
    const started = performance.now();
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) => call(key, { ...COUNT, replica: index % 2 })),
    );
    const seconds = (performance.now() - started) / 1_000;
    const passed = replies.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(3);
    expect(passed).toBeLessThanOrEqual(3 + Math.ceil(3 * seconds));
    const [refused] = replies.filter(({ status }) => status !== 200);
    expect(refused).toMatchObject({ status: 429, body: { code: "RATE_LIMITED", retryable: true } });
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    const others = await Promise.all(Array.from({ length: 40 }, () => call(other, COUNT)));
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]));
    await waitFor(async () => (await call(key, COUNT)).status === 200, {
      description: "the rate allows one more",
    });
  });

  test("who is denied too often is held off too, so that nobody can flood the audit log", async () => {
    const { call, createKey } = await openGuardedGateways();
    const { key } = await createKey({ role: "reader", requestsPerSecond: 2 });
    const replies = await Promise.all(Array.from({ length: 20 }, () => call(key, START)));
    const statuses = new Set(replies.map(({ status }) => status));
    expect(statuses).toEqual(new Set([403, 429]));
  });

  test("a key with a quota makes so many requests in a day, whichever gateway it asks", async () => {
    const { call, createKey } = await openGuardedGateways({ replicas: 2 });
    const { key } = await createKey({ role: "reader", requestsPerDay: 3 });
    const replies = await inTurn(5, (turn) => call(key, { ...COUNT, replica: turn % 2 }));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    const { body, headers } = replies[4] ?? {};
    expect(body).toMatchObject({ code: "RATE_LIMITED", details: { requestsPerDay: 3 } });
    expect(Number(headers?.["retry-after"])).toBeGreaterThan(0);
  });

  test("without Redis a caller is told that nothing happened, and not that it may have", async () => {
    const redis = await startTestRedis();
    onTestFinished(() => redis.stop());
    const { call } = await openGuardedGateways({ redisUrl: redis.url });
    await redis.kill();
    const refused = await call(ADMIN_KEY, START);
    expect(refused).toMatchObject({ status: 503, body: { code: "UNAVAILABLE", retryable: true } });
  });

  test("an address that sends wrong credentials is held off, callers that were known there are not", async () => {
    const { call, createKey } = await openGuardedGateways();
    const { key } = await createKey({ role: "reader" });
    const address = "10.1.1.1";
    expect(await call(key, { ...COUNT, address })).toMatchObject({ status: 200 });
    const wrong = await inTurn(25, () => call("wrong", { ...COUNT, address }));
    expect(wrong.slice(0, 20).every(({ status }) => status === 401)).toBe(true);
    const last = wrong.at(-1);
    expect(last).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    expect(Number(last?.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect(await call(key, { ...COUNT, address })).toMatchObject({ status: 200 });
    expect(await call("wrong", { ...COUNT, address: "10.1.1.2" })).toMatchObject({ status: 401 });
  });
});

describe("the audit log", () => {
  interface Entry {
    readonly operation: string;
    readonly isIntact: boolean;
  }
  const readAudit = async (open: Awaited<ReturnType<typeof openGuardedGateways>>): Promise<Entry[]> => {
    const { body } = await open.call(ADMIN_KEY, { method: "GET", url: "/api/v1/audit?limit=500" });
    return (body["items"] as Entry[]).toReversed();
  };

  test("has every change and every refusal, with who, what, which object and how it ended", async () => {
    const open = await openGuardedGateways();
    const { call, createKey } = open;
    const { id, key } = await createKey({ role: "signaller" });
    const who = `key:${id}`;
    const requestId = "request-7";
    await call(key, { ...START, headers: { "x-request-id": requestId } });
    await call(key, START);
    await call(key, { method: "POST", url: "/api/v1/workflows/order-1/signals/paid", body: {} });
    await call(key, { method: "POST", url: "/api/v1/workflows/order-1/terminate", body: {} });
    await call(key, COUNT);
    await call("wrong", { method: "GET", url: "/api/v1/workflows/order-1", address: "10.9.9.9" });
    await waitFor(async () => (await readAudit(open)).length >= 6, { description: "all is in the stream" });

    const entries = await readAudit(open);
    const start = { who, operation: "startWorkflow", object: "order-1" };
    expect(entries).toMatchObject([
      { who: "admin-key", operation: "createApiKey", object: id, status: 201 },
      { ...start, requestId, status: 201, address: "127.0.0.1" },
      { who, operation: "startWorkflow", status: 409, code: "WORKFLOW_ALREADY_EXISTS" },
      { who, operation: "signalWorkflow", object: "order-1", name: "paid", status: 202 },
      { who, operation: "terminateWorkflow", object: "order-1", status: 403, code: "PERMISSION_DENIED" },
      { who: "unknown", operation: "describeWorkflow", object: "order-1", status: 401, address: "10.9.9.9" },
    ]);
    expect(entries.every(({ isIntact }) => isIntact)).toBe(true);
    const logged = open.logLines
      .map((line) => JSON.parse(line) as { channel?: string; audit?: Entry })
      .flatMap(({ channel, audit }) => (channel === "audit" && audit !== undefined ? [audit] : []));
    expect(logged.map(({ operation }) => operation)).toEqual(entries.map(({ operation }) => operation));
  });

  test("keeps what a stranger calls an object short, and on one line", async () => {
    const open = await openGuardedGateways();
    const ids = ["x".repeat(8_000), "a%0D%0A%1B%5B31m%E2%80%A8%00b"];
    for (const id of ids) await open.call("wrong", { method: "GET", url: `/api/v1/workflows/${id}` });
    await waitFor(async () => (await readAudit(open)).length === 2, { description: "all is in the stream" });
    expect(await readAudit(open)).toMatchObject([
      { object: "x".repeat(255), code: "UNAUTHENTICATED" },
      { object: "a\r\n\u001b[31m\u2028\u0000b", code: "UNAUTHENTICATED" },
    ]);
    for (const line of open.logLines) expect(line).toMatch(/^\{[\u0020-\uffff]+\}\n$/);
  });

  test("shows that an entry was altered", async () => {
    const open = await openGuardedGateways();
    for (const label of ["a", "b", "c"]) await open.createKey({ role: "reader", label });
    await waitFor(async () => (await readAudit(open)).length === 3, { description: "all is in the stream" });
    const redis = new Redis(inject("redisUrl"));
    onTestFinished(() => redis.disconnect());
    const stream = `{heddle:${open.namespace}}:audit`;
    const [, second] = await redis.xrange(stream, "-", "+");
    await redis.xdel(stream, second?.[0] ?? "");
    await redis.xadd(stream, "*", "entry", "{}", "chain", "x");
    expect((await readAudit(open)).map(({ isIntact }) => isIntact)).toEqual([true, false, false]);
  });

  test("is not lost with the gateway: what waits is appended when it closes", async () => {
    const open = await openGuardedGateways({ replicas: 2 });
    await open.createKey({ role: "reader" });
    await open.gateways[0]?.close();
    const { body } = await open.call(ADMIN_KEY, { method: "GET", url: "/api/v1/audit", replica: 1 });
    expect(body["items"]).toHaveLength(1);
  });

  test("of an outage of Redis follows when Redis is back, each entry once", async () => {
    const redis = await startTestRedis();
    onTestFinished(() => redis.stop());
    const open = await openGuardedGateways({ redisUrl: redis.url });
    await redis.kill();
    for (const address of ["10.2.0.1", "10.2.0.2"]) {
      expect(await open.call(undefined, { ...COUNT, address })).toMatchObject({ status: 401 });
    }
    const isTried = (): boolean => open.logLines.some((line) => line.includes("entries not appended"));
    await waitFor(isTried, { description: "appending has failed" });
    await redis.restart();
    const whenBack = async () =>
      (await open.call(ADMIN_KEY, { method: "GET", url: "/api/v1/audit" })).status === 200;
    await waitFor(whenBack, { timeoutMs: 20_000, description: "Redis is asked again" });
    await waitFor(async () => (await readAudit(open)).length >= 2, {
      description: "the entries are appended",
    });
    expect(await readAudit(open)).toMatchObject([{ address: "10.2.0.1" }, { address: "10.2.0.2" }]);
  });

  test.each(["limit=0", "limit=501", "cursor=x", "from=1"])("is not read with ?%s", async (query) => {
    const { call } = await openGuardedGateways();
    const reply = await call(ADMIN_KEY, { method: "GET", url: `/api/v1/audit?${query}` });
    expect(reply).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
  });
});

test("keys, tokens and the Redis URL stay out of every log line and every error body", async () => {
  const redis = await startTestRedis();
  onTestFinished(() => redis.stop());
  const password = "canary-password-of-redis";
  const redisUrl = redis.url.replace("redis://", `redis://default:${password}@`);
  const { call, createKey, logLines } = await openGuardedGateways({ redisUrl });
  const { id, key } = await createKey({ role: "admin" });
  const rotation: Call = { method: "POST", url: `${KEYS}/${id}/rotate`, body: {} };
  const successor = String((await call(key, rotation)).body["key"]);
  const forged = `${key.slice(0, -6)}canary`;
  const token = ["eyJhbGciOiJub25lIn0", "eyJzdWIiOiJjYW5hcnkifQ", "Y2FuYXJ5LXNpZ25hdHVyZQ"].join(".");
  const body = { type: "order", id: "order-1", input: "canary-payload" };
  const start: Call = { method: "POST", url: "/api/v1/workflows", body };
  const bodies: string[] = [];
  const tell = async (credentials: string | undefined, request: Call): Promise<void> => {
    bodies.push(JSON.stringify((await call(credentials, request)).body));
  };
  await tell(successor, start);
  await tell(forged, start);
  await tell(token, start);
  await tell(token, { ...COUNT, url: `${COUNT.url}?access_token=${token}&key=${key}` });
  await tell(key, { ...COUNT, url: `${COUNT.url}?access_token=canary-query` });
  await tell(undefined, { ...COUNT, headers: { cookie: "session=canary-cookie", "x-api-key": key } });
  await redis.kill();
  await tell(ADMIN_KEY, start);
  await tell(ADMIN_KEY, { method: "GET", url: "/readyz" });
  await tell(forged, COUNT);

  const told = [...logLines, ...bodies].join("\n");
  expect(told).toContain("UNAVAILABLE");
  expect(logLines.length).toBeGreaterThan(5);
  const secrets = [key, successor, forged].map((each) => each.slice(-43));
  const canaries = ["canary-payload", "canary-query", "canary-cookie", "Y2FuYXJ5LXNpZ25hdHVyZQ"];
  for (const canary of [...secrets, ...canaries, ADMIN_KEY, password, redis.url]) {
    expect(told).not.toContain(canary);
  }
  for (const each of bodies) expect(each).not.toMatch(/ {4}at |ECONNREFUSED|127\.0\.0\.1|heddle:access/);
});

/** Every key of a namespace with what it holds. */
async function storedIn(namespace: string): Promise<Record<string, unknown>> {
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const entries = (await keysOf(redis, namespace)).map(async (key) => {
    switch (await redis.type(key)) {
      case "hash":
        return [key, await redis.hgetall(key)] as const;
      case "stream":
        return [key, await redis.xrange(key, "-", "+")] as const;
      default:
        return [key, undefined] as const;
    }
  });
  return Object.fromEntries<unknown>(await Promise.all(entries));
}

async function inTurn<Result>(times: number, act: (turn: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let turn = 0; turn < times; turn++) results.push(await act(turn));
  return results;
}
