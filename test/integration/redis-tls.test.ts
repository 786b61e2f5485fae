// Redis behind TLS with client certificates: what is refused, in which words, and that the rest works end to end.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WorkflowClient } from "@heddle/core";
import { findFreePort } from "@heddle/embedded-redis";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES, type RedisConnectionOptions } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, spawnProcess, startTestRedis, waitFor, type TestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { TestAuthority, type Certificate } from "../support/test-certificates.js";
import { runCli } from "./support/run-cli.js";

let authority: TestAuthority;
let stranger: TestAuthority;
let good: Certificate;
let client: Certificate;
let redis: TestRedis;
let admin: Redis;
let port: number;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([TestAuthority.create(), TestAuthority.create()]);
  good = await authority.issue("server");
  client = await authority.issue("client");
  port = await findFreePort();
  const files = [
    "--tls-cert-file",
    good.cert,
    "--tls-key-file",
    good.key,
    "--tls-ca-cert-file",
    authority.ca,
  ];
  redis = await startTestRedis({ extraArguments: ["--tls-port", String(port), ...files] });
  admin = new Redis(redis.url);
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
  await Promise.all([authority.remove(), stranger.remove()]);
});
afterEach(() => serveWith(good));

/** From the next connection on. */
async function serveWith({ cert, key }: Certificate): Promise<void> {
  await admin.call("CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key);
}

const pem = (path: string): string => readFileSync(path, "utf8");

function connection(change: { url?: string; tls?: object } = {}): RedisConnectionOptions {
  const tls = { ca: pem(authority.ca), cert: pem(client.cert), key: pem(client.key) };
  return { url: `rediss://localhost:${port}`, tls: { ...tls, ...change.tls }, ...urlOf(change) };
}

function urlOf({ url }: { url?: string }): { url?: string } {
  return url === undefined ? {} : { url };
}

const open = (options: RedisConnectionOptions) =>
  createRedisStore({ connection: options, namespace: randomNamespace("tls"), callTimeoutMs: 5_000 });

describe("a store is refused, in words,", () => {
  const refusals: [name: string, message: RegExp, prepare: () => Promise<RedisConnectionOptions>][] = [
    [
      "when another authority signed the server's certificate",
      /certificate of Redis is refused .*REDIS_TLS_CA_FILE/,
      async () => {
        await serveWith(await stranger.issue("server"));
        return connection();
      },
    ],
    [
      "when the certificate is for another host",
      /ERR_TLS_CERT_ALTNAME_INVALID.*REDIS_TLS_SERVERNAME/,
      async () => {
        await serveWith(await authority.issue("elsewhere", { names: "DNS:redis.example.org" }));
        return connection();
      },
    ],
    [
      "when the certificate has expired",
      /CERT_HAS_EXPIRED.*renew/,
      async () => {
        await serveWith(await authority.issue("expired", { days: -1 }));
        return connection();
      },
    ],
    [
      "when it has no client certificate",
      /client certificate.*REDIS_TLS_CERT_FILE/,
      () => Promise.resolve({ url: `rediss://localhost:${port}`, tls: { ca: pem(authority.ca) } }),
    ],
    [
      "when another authority signed the client's certificate",
      /client certificate.*REDIS_TLS_CERT_FILE/,
      async () => {
        const { cert, key } = await stranger.issue("client");
        return connection({ tls: { cert: pem(cert), key: pem(key) } });
      },
    ],
    [
      "when the port speaks no TLS",
      /port for TLS/,
      () => Promise.resolve(connection({ url: `rediss://localhost:${redis.port}` })),
    ],
    [
      "when the port speaks TLS only",
      /wants TLS.*rediss:/,
      () => Promise.resolve({ url: `redis://localhost:${port}` }),
    ],
    [
      "when it would not verify the server",
      /rejectUnauthorized is false/,
      () => Promise.resolve(connection({ tls: { rejectUnauthorized: false } })),
    ],
  ];

  test.each(refusals)("%s", async (_name, message, prepare) => {
    const options = await prepare();
    await expect(open(options)).rejects.toMatchObject({
      // A server may cut the connection before its reason has arrived.
      code: expect.stringMatching(/^(CONFIGURATION|UNAVAILABLE)$/) as string,
      message: expect.stringMatching(message) as string,
    });
  });

  test("and no connection of it has said anything to the server", async () => {
    await serveWith(await authority.issue("expired", { days: -1 }));
    const keys = await admin.dbsize();
    await expect(open(connection())).rejects.toThrow("CERT_HAS_EXPIRED");
    expect(await admin.dbsize()).toBe(keys);
  });
});

test("a gateway is not ready while Redis shows a wrong certificate, and ready again with the right one", async () => {
  const store = await open(connection());
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  const statusIs = (status: number) => async (): Promise<boolean> =>
    (await gateway.inject({ method: "GET", url: "/readyz" })).statusCode === status;
  expect(await statusIs(200)()).toBe(true);
  await serveWith(await stranger.issue("server"));
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await waitFor(statusIs(503), { description: "the gateway is not ready" });
  await serveWith(good);
  await waitFor(statusIs(200), { description: "the gateway is ready again", timeoutMs: 15_000 });
});

describe("the processes, by their environment,", () => {
  const app = (name: string): string =>
    fileURLToPath(new URL(`../../apps/${name}/src/main.ts`, import.meta.url));
  const environment = (namespace: string) => ({
    REDIS_URL: `rediss://localhost:${port}`,
    REDIS_TLS_CA_FILE: authority.ca,
    REDIS_TLS_CERT_FILE: client.cert,
    REDIS_TLS_KEY_FILE: client.key,
    HEDDLE_NAMESPACE: namespace,
    HEDDLE_ADMIN_KEY: undefined,
  });
  const start = async (name: string, env: Readonly<Record<string, string | undefined>>) => {
    const started = await spawnProcess({
      ...{ name, entry: app(name), env, readyWhen: new RegExp(`"${name} ready"`), readyTimeoutMs: 60_000 },
    });
    onTestFinished(async () => {
      await started.kill();
    });
    return started;
  };

  test("run a workflow with an activity from end to end, and the doctor finds Redis well", async () => {
    const namespace = randomNamespace("tls");
    const env = environment(namespace);
    const [gateway] = await Promise.all([
      start("gateway", { ...env, HEDDLE_PORT: "0", HEDDLE_DEV: "1" }),
      start("coordinator", { ...env, HEDDLE_WORKFLOWS: "@heddle/examples" }),
      start("worker", { ...env, HEDDLE_ACTIVITIES: "@heddle/examples" }),
    ]);
    const { url } = JSON.parse(await gateway.waitForLine(/gateway ready/)) as { url: string };
    const workflows = `${url}/api/v1/workflows`;
    const started = await fetch(workflows, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        type: "supplier-quotes",
        id: "w",
        input: { article: "a", suppliers: ["x", "y"] },
      }),
    });
    expect(started.status).toBe(201);
    const result = await fetch(`${workflows}/w/result?waitMs=30000`);
    expect(await result.json()).toMatchObject({ status: "completed", result: { asked: 2 } });

    const doctor = await runCli(["doctor", "--namespace", namespace], env);
    expect(doctor).toMatchObject({ code: 0 });
    expect(doctor.output).toMatch(/ok +coordinators: 1 alive/);
  }, 120_000);

  test("refuse to start where Redis is not who it should be", async () => {
    const env = { ...environment("tls"), REDIS_TLS_CA_FILE: stranger.ca, HEDDLE_DEV: "1", HEDDLE_PORT: "0" };
    const gateway = await spawnProcess({ name: "gateway", entry: app("gateway"), env });
    expect(await gateway.exited).toMatchObject({ code: 1 });
    expect(gateway.lines.join("\n")).toMatch(/^heddle gateway: the certificate of Redis is refused/);
    const doctor = await runCli(["doctor"], env);
    expect(doctor).toMatchObject({ code: 2 });
    expect(doctor.output).toContain("the certificate of Redis is refused");
  }, 60_000);
});
