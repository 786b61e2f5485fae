// What a caller is told while Redis takes no writes: that nothing happened, or that it may have, and never the wrong one.
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, startTcpProxy, startTestRedis, waitFor, type TestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { keysOf } from "../support/namespace-contents.js";
import { startRefusingServer } from "../support/refusing-server.js";

async function openGateway(port: number, callTimeoutMs = 3_000) {
  const namespace = randomNamespace("storage");
  const logLines: string[] = [];
  const store = await createRedisStore({
    connection: { url: `redis://127.0.0.1:${port}` },
    namespace,
    callTimeoutMs,
  });
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log: createLogger({
      name: "test",
      level: "trace",
      destination: { write: (line) => void logLines.push(line) },
    }),
  });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  const post = async (path: string, payload: object) => {
    const reply = await gateway.inject({ method: "POST", url: `/api/v1/workflows${path}`, payload });
    return { status: reply.statusCode, headers: reply.headers, body: reply.json<Record<string, unknown>>() };
  };
  const good = { type: "order", id: "good" };
  expect(await post("", good)).toMatchObject({ status: 201 });
  return { namespace, gateway, post, port, logLines };
}

type Open = Awaited<ReturnType<typeof openGateway>>;

type Write = readonly [path: string, body: object];

/** Every kind of call that writes, each on ids of its own. */
const WRITES: readonly Write[] = [
  ["", { type: "order", id: "refused" }],
  ["", { type: "order", idempotencyKey: "refused" }],
  ["/start-or-signal", { type: "order", id: "refused-2", signal: { name: "s", signalId: "1" } }],
  ["/good/signals/s", { payload: "canary", signalId: "refused" }],
  ["/good/cancel", {}],
  ["/good/suspend", {}],
  ["/good/terminate", {}],
];

async function expectRefusal(open: Open, [path, body]: Write, code: string): Promise<void> {
  const reply = await open.post(path, body);
  expect(reply, path).toMatchObject({ status: 503, body: { code, retryable: true } });
  expect(reply.headers["retry-after"]).toBe("1");
  expect(JSON.stringify(reply.body)).not.toMatch(
    / {4}at |script|@user|127\.0\.0\.1|\{heddle|OOM|MISCONF|BUSY/,
  );
}

async function expectRefusals(open: Open, code: "UNAVAILABLE" | "STORAGE_FULL"): Promise<void> {
  for (const write of WRITES) await expectRefusal(open, write, code);
}

/** Neither as text nor as the bytes of a buffer. */
function expectNoPayloadIn(lines: readonly string[]): void {
  const log = lines.join("");
  expect(log).toContain("request not served");
  for (const form of ["canary", [...Buffer.from("canary")].join(",")]) expect(log).not.toContain(form);
}

/** Nothing of what was refused has happened, and the same calls are taken now. */
async function expectNothingHappened(open: Open): Promise<void> {
  expectNoPayloadIn(open.logLines);
  const redis = new Redis(open.port);
  const keys = await keysOf(redis, open.namespace);
  redis.disconnect();
  expect(keys.filter((key) => key.includes("refused"))).toEqual([]);
  const described = await open.gateway.inject("/api/v1/workflows/good");
  expect(described.json()).toMatchObject({ status: "pending", accepted: 1 });
  const [path, body] = WRITES[0] ?? ["", {}];
  expect(await open.post(path, body)).toMatchObject({ status: 201 });
}

let server: TestRedis;
let admin: Redis;
beforeAll(async () => {
  // Its snapshot would have to replace a directory, so each attempt to write one fails.
  server = await startTestRedis({ extraArguments: ["--dbfilename", "appendonlydir"] });
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});
const set = (name: string, value: string) => admin.config("SET", name, value);

describe("a server in a state in which it takes no writes is told apart", () => {
  let open: Open;
  beforeEach(async () => {
    open = await openGateway(server.port);
  });

  test("OOM: no memory left", async () => {
    await set("maxmemory", "1");
    await expectRefusals(open, "STORAGE_FULL");
    await set("maxmemory", "0");
    await expectNothingHappened(open);
  });

  test("MISCONF: snapshots cannot be written", async () => {
    await set("save", "3600 1");
    await admin.bgsave();
    const hasFailed = async () => (await admin.info("persistence")).includes("rdb_last_bgsave_status:err");
    await waitFor(hasFailed, { description: "the snapshot has failed" });
    await expectRefusals(open, "STORAGE_FULL");
    await set("save", "");
    await expectNothingHappened(open);
  });

  test("NOREPLICAS: too few replicas", async () => {
    await set("min-replicas-to-write", "1");
    await expectRefusals(open, "UNAVAILABLE");
    await set("min-replicas-to-write", "0");
    await expectNothingHappened(open);
  });

  async function becomeReplica(): Promise<void> {
    onTestFinished(async () => {
      await admin.replicaof("NO", "ONE");
    });
    await admin.replicaof("127.0.0.1", 1);
  }

  test("READONLY: it has become a replica", async () => {
    await becomeReplica();
    await expectRefusals(open, "UNAVAILABLE");
    await admin.replicaof("NO", "ONE");
    await expectNothingHappened(open);
  });

  test("MASTERDOWN: a replica that serves nothing without its primary", async () => {
    await set("replica-serve-stale-data", "no");
    await becomeReplica();
    await expectRefusals(open, "UNAVAILABLE");
    await admin.replicaof("NO", "ONE");
    await set("replica-serve-stale-data", "yes");
    await expectNothingHappened(open);
  });

  test("BUSY: a script of somebody else does not end", async () => {
    await set("busy-reply-threshold", "20");
    const other = new Redis(server.url);
    other.eval("while true do end", 0).catch(() => undefined);
    const isBusy = () =>
      admin.ping().then(
        () => false,
        (error: unknown) => String(error).includes("BUSY"),
      );
    await waitFor(isBusy, { description: "the server is busy" });
    await expectRefusals(open, "UNAVAILABLE");
    await admin.script("KILL");
    other.disconnect();
    await expectNothingHappened(open);
  });
});

test.each(["LOADING", "CLUSTERDOWN", "TRYAGAIN", "NOPERM"])(
  "%s as every answer is told apart",
  async (code) => {
    const line = await startRefusingServer(server.port);
    onTestFinished(() => line.stop());
    const open = await openGateway(line.port);
    line.refuseWith(`${code} not now`);
    await expectRefusals(open, "UNAVAILABLE");
    line.refuseWith(undefined);
    await expectNothingHappened(open);
  },
);

test("an answer that does not come leaves it open whether the call was carried out, and repeating it is safe", async () => {
  const proxy = await startTcpProxy({ targetPort: Number(new URL(inject("redisUrl")).port) });
  onTestFinished(() => proxy.stop());
  const open = await openGateway(proxy.port);
  const start = { type: "order", idempotencyKey: "late" };
  proxy.dropReplies(true);
  const unknown = await open.post("", start);
  expect(unknown).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN", retryable: true } });
  expect(unknown.headers["retry-after"]).toBe("1");
  proxy.dropReplies(false);
  // It was: the repetition finds it.
  expect(await open.post("", start)).toMatchObject({ status: 200, body: { outcome: "existing" } });
});

test("a server that does not take connections any more has carried out nothing", async () => {
  const proxy = await startTcpProxy({ targetPort: server.port });
  const open = await openGateway(proxy.port, 20_000);
  await proxy.stop();
  const isAway = async () => (await open.gateway.inject("/readyz")).statusCode === 503;
  await waitFor(isAway, { description: "the connection is lost" });
  await Promise.all(WRITES.map((write) => expectRefusal(open, write, "UNAVAILABLE")));
});
