// The Redis users of docs/redis-acl.md: enough for all that Heddle does, and for nothing else.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MetadataStore, workflowDef } from "@heddle/conductor";
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, startTestRedis, waitFor, type TestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { ACL_ROLES, aclUsers, clusterRules, type AclRole, type AclUser } from "./support/acl-page.js";
import { broadActivities, broadWorkflows, doBroadWork } from "./support/broad-work.js";
import { openEngine } from "./support/open-engine.js";
import { openForeignQueue, QUEUE } from "./support/open-ingestion.js";
import { runCli } from "./support/run-cli.js";
import { serveGateway } from "./support/served-gateway.js";

const NAMESPACE = "shop";
const users = aclUsers({ prefix: "heddle", namespace: NAMESPACE });

let redis: TestRedis;
let admin: Redis;
beforeAll(async () => {
  redis = await startTestRedis();
  admin = new Redis(redis.url);
  for (const { name, rules } of Object.values(users)) await admin.call("ACL", "SETUSER", name, ...rules);
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

function urlAs({ name, password }: AclUser): string {
  return redis.url.replace("redis://", `redis://${name}:${password}@`);
}

/** What was refused since the last reset, in the words of whoever has to correct the page. */
async function refusals(): Promise<string[]> {
  const log = (await admin.call("ACL", "LOG")) as (string | number)[][];
  const lines = log.map((entry) => {
    const field = (name: string): string => String(entry[entry.indexOf(name) + 1]);
    const [reason, object, user] = [field("reason"), field("object"), field("username")];
    const what = { command: `+${object}`, key: `the key ${object}`, channel: `the channel ${object}` }[
      reason
    ];
    return `${user} lacks ${what ?? `${reason} ${object}`} (${field("context")}): add it to docs/redis-acl.md`;
  });
  return [...new Set(lines)].sort();
}

test("definitions are registered by gateways and looked up by workers", async () => {
  await admin.call("ACL", "LOG", "RESET");
  const metadataAs = async (role: AclRole) => {
    const connection = { url: urlAs(users[role]) };
    const store = await createRedisStore({ connection, namespace: NAMESPACE, partitions: 4 });
    onTestFinished(() => store.close());
    return new MetadataStore(store.documents);
  };
  const [gateway, worker] = await Promise.all([metadataAs("gateway"), metadataAs("worker")]);
  const tasks = [{ name: "pack", taskReferenceName: "pack" }];
  const definition = workflowDef.parse({ name: "ship", tasks });
  await gateway.registerWorkflow(definition, { overwrite: false, nowMs: 1 });
  expect(await worker.workflow("ship")).toMatchObject({ name: "ship", version: 1 });
  expect(await worker.populated(definition)).toEqual(definition);
  await gateway.deleteWorkflow("ship", 1);
  expect(await refusals()).toEqual([]);
});

test("all roles do their work as these users, and Redis refuses none of it", async () => {
  await admin.call("ACL", "LOG", "RESET");
  const open = (role: AclRole, roles: readonly ("client" | "coordinator" | "worker")[]) =>
    openEngine({
      ...{ url: urlAs(users[role]), namespace: NAMESPACE, partitions: 4, roles },
      workflows: broadWorkflows,
      activities: broadActivities,
      coordinator: { reconcileEveryMs: 500, cachedRuns: 2 },
    });
  const engines = await Promise.all([
    open("gateway", ["client"]),
    open("coordinator", ["coordinator"]),
    open("worker", ["worker"]),
  ]);
  const work = async (): Promise<void> => {
    await Promise.all([doBroadWork(engines[0]), callGateway(), ingestJobs()]);
    for (const role of ["coordinator", "gateway"] as const) {
      const doctor = await runCli(["doctor", "--namespace", NAMESPACE], { REDIS_URL: urlAs(users[role]) });
      expect(doctor.output).toMatch(/ok +permissions/);
    }
  };
  const isDone = new AbortController();
  try {
    await Promise.race([work(), untilRefused(isDone.signal)]);
    for (const engine of engines) await engine.shutdown();
  } finally {
    isDone.abort();
    // Also when the work failed: what it lacked tells more than how it failed.
    expect(await refusals()).toEqual([]);
  }
  const idle = (await idleCommands()).map((name) => `nobody uses +${name}: remove it from docs/redis-acl.md`);
  expect(idle).toEqual([]);
}, 180_000);

/** Ends the test at the first refusal, because work that lacks a permission may go on for ever. */
async function untilRefused(isDone: AbortSignal): Promise<void> {
  await waitFor(async () => isDone.aborted || (await refusals()).length > 0, {
    ...{ description: "the work is done or refused", intervalMs: 250, timeoutMs: 170_000 },
  });
}

/** Keys, rates and the audit log, and what only the gateway asks of the store. */
async function callGateway(): Promise<void> {
  const store = await createRedisStore({ connection: { url: urlAs(users.gateway) }, namespace: NAMESPACE });
  const adminKey = "admin-key-of-a-test-0123456789abcdef";
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: { adminKey } },
    log: createLogger({ name: "test", level: "silent" }),
  });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  const call = async (method: "GET" | "POST", url: string, payload?: object, key = adminKey) => {
    const headers = { authorization: `Bearer ${key}` };
    const body = payload === undefined ? {} : { payload };
    const reply = await gateway.inject({ method, url: `/api/v1${url}`, headers, ...body });
    expect(reply.statusCode, `${method} ${url}: ${reply.body}`).toBeLessThan(400);
    return reply.json<Record<string, unknown>>();
  };
  const role = { label: "a", role: "signaller", requestsPerDay: 100, requestsPerSecond: 100 };
  const { id, key } = await call("POST", "/keys", role);
  await call("POST", "/workflows", { type: "listener", id: "over-http" }, String(key));
  await call("POST", "/workflows/over-http/signals/go", { payload: "x" }, String(key));
  const { id: successor } = await call("POST", `/keys/${String(id)}/rotate`, {});
  await call("POST", `/keys/${String(successor)}/revoke`, {});
  await call("GET", "/keys");
  await call("GET", "/audit");
  expect((await gateway.inject({ method: "GET", url: "/readyz" })).statusCode).toBe(200);
}

/** A gateway as it is deployed takes a job, and refuses one. */
async function ingestJobs(): Promise<void> {
  const env = { REDIS_URL: urlAs(users.gateway), HEDDLE_INGESTION_QUEUE: QUEUE };
  const { url } = await serveGateway({ namespace: NAMESPACE, env });
  const queue = openForeignQueue(NAMESPACE, redis.url);
  await queue.add("start", { type: "child", input: 1, id: "ingested" }, { jobId: "job-1" });
  await queue.add("start", { type: "child", no: "such field" }, { jobId: "job-2" });
  await waitFor(async () => (await queue.getJobCountByTypes("wait", "active", "delayed")) === 0, {
    description: "both jobs have ended",
  });
  const letters = (await (await fetch(`${url}/api/v1/dead-letters`)).json()) as { items: { id: string }[] };
  expect(letters.items).toHaveLength(1);
  await fetch(`${url}/api/v1/dead-letters/${letters.items[0]?.id}`, { method: "DELETE" });
}

test("on Redis Cluster they need what the page adds for it, on every node", async () => {
  const namespace = randomNamespace("acl");
  const { gateway } = aclUsers({ prefix: "heddle", namespace });
  const username = `gateway-of-${namespace}`;
  const cluster = inject("clusterNodes");
  const nodes = cluster.map(({ host, port }) => new Redis(port, host));
  for (const node of nodes) await node.call("ACL", "SETUSER", username, ...gateway.rules, ...clusterRules());
  onTestFinished(async () => {
    for (const node of nodes) await node.call("ACL", "DELUSER", username);
    for (const node of nodes) node.disconnect();
  });
  const connection = { cluster, username, password: gateway.password };
  const store = await createRedisStore({ connection, namespace });
  onTestFinished(() => store.close());
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  for (let number = 0; number < 20; number++)
    await client.start("order", undefined, { id: `order-${number}` });
  expect(await client.count({})).toBe(20);
  const logs = await Promise.all(nodes.map((node) => node.call("ACL", "LOG")));
  expect(JSON.stringify(logs)).not.toContain(username);
});

/** Every command that scripts of a folder name, in whatever way they come to call it. */
async function commandsIn(folder: URL, isScript: (name: string) => boolean): Promise<string[]> {
  const known = new Set(
    ((await admin.call("COMMAND", "LIST")) as string[]).map((name) => name.toUpperCase()),
  );
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(isScript);
  const words = files.flatMap((file) => [
    ...readFileSync(`${fileURLToPath(folder)}/${file}`, "utf8").matchAll(/["']([A-Z]{3,})["']/g),
  ]);
  const named = new Set(words.map(([, word = ""]) => word).filter((word) => known.has(word)));
  return [...named].map((name) => name.toLowerCase()).sort();
}
const commandsOfHeddle = () =>
  commandsIn(new URL("../../packages/redis-store/src", import.meta.url), (name) => name.endsWith(".lua"));
const TICKET_SCRIPT =
  /^(addStandardJob|getCounts|moveToActive|moveToFinished|extendLocks?|moveStalledJobsToWait|moveJobFromActiveToWait)-\d+\.js$/;
const commandsOfTickets = () =>
  commandsIn(new URL("scripts", import.meta.resolve("bullmq")), (name) => TICKET_SCRIPT.test(name));

describe("the page", () => {
  test.each(ACL_ROLES)("lets the %s run every command of Heddle's scripts", async (role) => {
    const missing = (await commandsOfHeddle()).filter((command) => !users[role].commands.has(command));
    expect(missing.map((command) => `add +${command} to STATE in docs/redis-acl.md`)).toEqual([]);
  });

  test.each(["coordinator", "worker"] as const)("lets the %s run what BullMQ may need", async (role) => {
    const needed = await commandsOfTickets();
    expect(needed.length).toBeGreaterThan(20);
    const missing = needed.filter((command) => !users[role].commands.has(command));
    expect(missing.map((command) => `add +${command} to TICKETS in docs/redis-acl.md`)).toEqual([]);
  });
});

/** What nobody used in the work above, nor in branches of scripts that it did not take. */
async function idleCommands(): Promise<string[]> {
  const stats = await admin.info("commandstats");
  const taken = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = ""]) => name);
  const used = new Set([...taken, ...(await commandsOfHeddle()), ...(await commandsOfTickets())]);
  const allowed = new Set(Object.values(users).flatMap(({ commands }) => [...commands]));
  return [...allowed].filter((name) => !used.has(name));
}

async function connectAs(role: AclRole): Promise<Redis> {
  const client = new Redis(urlAs(users[role]), { maxRetriesPerRequest: 0, disableClientInfo: true });
  onTestFinished(() => client.disconnect());
  await client.ping();
  return client;
}

describe.each(ACL_ROLES)("the user of the %s", (role) => {
  const FORBIDDEN = [
    ...["CONFIG GET *", "CONFIG SET maxmemory-policy allkeys-lru", "FLUSHALL", "FLUSHDB", "KEYS *", "SCAN 0"],
    ...["DEBUG SLEEP 0", "MODULE LIST", "SCRIPT FLUSH", "SCRIPT LOAD x", "MONITOR", "REPLICAOF NO ONE"],
    ...["ACL LIST", "ACL SETUSER x on", "SHUTDOWN NOSAVE", "SAVE", "BGREWRITEAOF", "FUNCTION LIST"],
    ...["CLIENT LIST", "CLIENT KILL TYPE normal", "SWAPDB 0 1", "RANDOMKEY", "DBSIZE", "SLOWLOG GET"],
    ...[`RESTORE {heddle:${NAMESPACE}:0}:x 0 x`, `DUMP {heddle:${NAMESPACE}:0}:lease`],
    ...[
      `MIGRATE localhost 1 {heddle:${NAMESPACE}:0}:lease 0 1`,
      `RENAME {heddle:${NAMESPACE}:0}:a {heddle:${NAMESPACE}:0}:b`,
    ],
    ...["GET other", "SET other 1", "HGETALL {heddle:other}:api-keys", "HGET {heddle:other:0}:lease nonce"],
    ...[`DEL {heddle:${NAMESPACE}2:0}:lease`, "PUBLISH other x", "PUBLISH heddle:other:coordinators x"],
  ];

  test("may nothing that could end, read out or change what is not Heddle's, nor through a script", async () => {
    const client = await connectAs(role);
    const permitted: string[] = [];
    for (const text of FORBIDDEN) {
      const [command = "", ...args] = text.split(" ");
      const attempts = [
        client.call(command, ...args),
        client.eval("return redis.call(unpack(ARGV))", 0, command, ...args),
      ];
      for (const [index, outcome] of (await Promise.allSettled(attempts)).entries()) {
        const isRefused = outcome.status === "rejected" && REFUSED.test(String(outcome.reason));
        if (!isRefused)
          permitted.push(`${text}${index === 0 ? "" : ", through a script"}: ${JSON.stringify(outcome)}`);
      }
    }
    expect(permitted).toEqual([]);
  });

  const REFUSED = /NOPERM|can't (run|access|publish)|not allowed|No permissions/i;
});

test.each(["coordinator", "worker"] as const)(
  "the %s may not touch API keys, rates and the audit log",
  async (role) => {
    const client = await connectAs(role);
    for (const key of ["api-keys", "audit", "audit-batches", "rate:x", "quota:x"]) {
      for (const command of ["HGETALL", "DEL"]) {
        await expect(client.call(command, `{heddle:${NAMESPACE}}:${key}`)).rejects.toThrow(/^NOPERM/);
      }
    }
  },
);

describe("a user who lacks a permission", () => {
  async function urlWithout(...denied: string[]): Promise<string> {
    const name = `without-${denied.join("")}`.replaceAll(/\W/g, "");
    await admin.call("ACL", "SETUSER", name, ...users.gateway.rules, ...denied);
    return urlAs({ ...users.gateway, name });
  }

  test("is told which one when a process starts, and nothing is written", async () => {
    const url = await urlWithout("-info");
    const opening = createRedisStore({ connection: { url }, namespace: NAMESPACE });
    await expect(opening).rejects.toMatchObject({
      code: "CONFIGURATION",
      message: expect.stringMatching(/lacks a permission .*info.*docs\/redis-acl\.md/) as string,
    });
  });

  test("a worker's user is told that it cannot see the coordinators, and no more is missing", async () => {
    const { output } = await runCli(["doctor", "--namespace", NAMESPACE], { REDIS_URL: urlAs(users.worker) });
    expect(output).toMatch(/fault +permissions: .*ZRANGE of \{heddle:shop\}:coordinators/);
    expect(output).toMatch(/\? +coordinators: not checked/);
    expect(output).toMatch(/ok +namespace: 4 partitions/);
  });

  test.each([
    ["-info", ["permissions: fault", "version, eviction, append-only file, memory: unknown"]],
    ["-time", ["permissions: fault", "clock: unknown"]],
    ["-xlen", ["permissions: fault", "namespace: unknown"]],
  ])("is told by the doctor, who goes on with the rest: %s", async (denied, expected) => {
    const env = { REDIS_URL: await urlWithout(denied) };
    const run = await runCli(["doctor", "--namespace", NAMESPACE, "-o", "json"], env);
    expect(run).toMatchObject({ code: 1 });
    const { findings } = JSON.parse(/^\{[^]*/m.exec(run.output)?.[0] ?? "") as {
      findings: { check: string; state: string }[];
    };
    const unwell = findings.map(({ check, state }) => `${check}: ${state}`);
    expect(unwell).toEqual(expect.arrayContaining(expected));
    expect(unwell).toContain("access: ok");
  });
});
