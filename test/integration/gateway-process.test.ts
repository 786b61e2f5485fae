// The gateway as it is deployed: a process with an environment, ended by signals.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomNamespace, spawnProcess, type SpawnedProcess } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { keysOf, openRedis } from "./support/namespace-keys.js";

const entry = fileURLToPath(new URL("../../apps/gateway/src/main.ts", import.meta.url));
const READY = /gateway ready/;

const ADMIN_KEY = "admin-key-of-a-test-0123456789abcdef";

function startGateway(
  namespace: string,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<SpawnedProcess> {
  const env = {
    REDIS_URL: inject("redisUrl"),
    HEDDLE_NAMESPACE: namespace,
    HEDDLE_PORT: "0",
    HEDDLE_HOST: undefined,
    HEDDLE_DEV: undefined,
    HEDDLE_ADMIN_KEY: ADMIN_KEY,
    ...more,
  };
  return spawnProcess({ name: "gateway", entry, env, readyWhen: READY });
}

async function urlOf(gateway: SpawnedProcess): Promise<string> {
  const line = JSON.parse(await gateway.waitForLine(READY)) as { url: string };
  return line.url;
}

async function post(
  url: string,
  body: object,
  key = ADMIN_KEY,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

test("SIGTERM answers the long poll in flight and ends the process in peace", async () => {
  const gateway = await startGateway(randomNamespace("gateway"));
  const url = await urlOf(gateway);
  expect((await post(`${url}/api/v1/workflows`, { type: "order", id: "w" })).status).toBe(201);
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const poll = fetch(`${url}/api/v1/workflows/w/result?waitMs=60000`, { headers });
  // The poll went out first, over the connection that the start left open, so it has arrived when this is answered.
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const exit = await gateway.stop({ timeoutMs: 9_000 });
  expect((await poll).status).toBe(202);
  expect(exit).toMatchObject({ code: 0 });
});

test("what a killed gateway has accepted, its successor knows", async () => {
  const namespace = randomNamespace("gateway");
  const first = await startGateway(namespace);
  const request = { type: "order", idempotencyKey: "order-7" };
  const started = await post(`${await urlOf(first)}/api/v1/workflows`, request);
  await first.kill();
  const second = await startGateway(namespace);
  const again = await post(`${await urlOf(second)}/api/v1/workflows`, request);
  expect(again).toEqual({ status: 200, body: { ...started.body, outcome: "existing" } });
  await second.stop();
});

test("a gateway with a codec encodes what it accepts", async () => {
  const namespace = randomNamespace("gateway");
  const codec = fileURLToPath(
    new URL("../../packages/service-process/src/fixtures/payload-codec.ts", import.meta.url),
  );
  const gateway = await startGateway(namespace, { HEDDLE_CODEC: codec });
  const reply = await post(`${await urlOf(gateway)}/api/v1/workflows`, { type: "order", input: "secret" });
  expect(reply.status).toBe(201);
  const redis = openRedis();
  const inboxes = (await keysOf(redis, namespace)).filter((key) => key.endsWith(":inbox"));
  const [started] = await redis.xrangeBuffer(inboxes[0] ?? "", "-", "+");
  const data = started?.[1].at(-1);
  expect(data?.[0]).toBe(0xc1);
  expect(data?.toString("latin1")).not.toContain("secret");
  await gateway.stop();
});

test("an API key that a killed gateway has shown works on its successor, and so does its revocation", async () => {
  const namespace = randomNamespace("gateway");
  const first = await startGateway(namespace);
  const keys = `${await urlOf(first)}/api/v1/keys`;
  const created = await post(keys, { label: "checkout", role: "signaller" });
  const revoked = await post(keys, { label: "old", role: "signaller" });
  expect((await post(`${keys}/${String(revoked.body["id"])}/revoke`, {})).status).toBe(200);
  await first.kill();
  const second = await startGateway(namespace, { HEDDLE_ADMIN_KEY: undefined });
  const workflows = `${await urlOf(second)}/api/v1/workflows`;
  const statusWith = async (key: unknown) => (await post(workflows, { type: "order" }, String(key))).status;
  expect(await statusWith(created.body["key"])).toBe(201);
  expect(await statusWith(revoked.body["key"])).toBe(401);
  expect(await statusWith(ADMIN_KEY)).toBe(401);
  await second.stop();
});

test("secrets come from files and stay out of the log", async () => {
  const folder = await mkdtemp(join(tmpdir(), "heddle-secrets-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { HEDDLE_ADMIN_KEY_FILE: join(folder, "key"), REDIS_URL_FILE: join(folder, "url") };
  await writeFile(files.HEDDLE_ADMIN_KEY_FILE, `${ADMIN_KEY}\n`);
  await writeFile(files.REDIS_URL_FILE, inject("redisUrl"));
  const unset = { HEDDLE_ADMIN_KEY: undefined, REDIS_URL: undefined };
  const gateway = await startGateway(randomNamespace("gateway"), { ...unset, ...files });
  const workflows = `${await urlOf(gateway)}/api/v1/workflows`;
  expect((await post(workflows, { type: "order" })).status).toBe(201);
  expect((await post(workflows, { type: "order" }, "x".repeat(32))).status).toBe(401);
  await gateway.stop();
  expect(gateway.lines.join("\n")).not.toContain(ADMIN_KEY);
  expect(gateway.lines.join("\n")).not.toContain(inject("redisUrl"));
});

test("a gateway for development asks nobody who he is, and says so", async () => {
  const gateway = await startGateway(randomNamespace("gateway"), {
    HEDDLE_DEV: "1",
    HEDDLE_ADMIN_KEY: undefined,
  });
  const reply = await fetch(`${await urlOf(gateway)}/api/v1/workflows/count`);
  expect(reply.status).toBe(200);
  expect(await gateway.waitForLine(/HEDDLE_DEV/)).toContain('"level":"warn"');
  await gateway.stop();
});

const NO_REDIS = { REDIS_URL: "redis://127.0.0.1:1", HEDDLE_ADMIN_KEY: undefined };
test.each([
  ["REDIS_URL is not set", { REDIS_URL: undefined }],
  ["HEDDLE_DEV .*HEDDLE_HOST is", { ...NO_REDIS, HEDDLE_DEV: "1", HEDDLE_HOST: "0.0.0.0" }],
  ["HEDDLE_DEV .*credentials are set", { ...NO_REDIS, HEDDLE_DEV: "1", HEDDLE_ADMIN_KEY: ADMIN_KEY }],
])("a wrong environment is told in words: %s", async (message, env) => {
  const gateway = await spawnProcess({ name: "gateway", entry, env });
  const exit = await gateway.exited;
  expect(exit).toMatchObject({ code: 1 });
  expect(gateway.lines.join("\n")).toMatch(new RegExp(`^heddle gateway: ${message}`));
  expect(gateway.lines.join("\n")).not.toContain("    at ");
});
