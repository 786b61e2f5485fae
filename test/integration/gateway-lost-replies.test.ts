// Every call that changes something, with its first reply lost after it was applied, and then repeated with the same
// ids: one effect. The reply is lost between Redis and the gateway, or between the gateway and the caller.
import type { AddressInfo } from "node:net";
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, startTcpProxy, waitFor, type TcpProxy } from "@heddle/testkit";
import { signal, update, workflow } from "heddle";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { startRefusingServer } from "../support/refusing-server.js";
import { openEngine } from "./support/open-engine.js";

const add = signal<number>("add");
const take = update<number, number>("take");

const ledger = workflow({ name: "ledger" }).execute(async function* (ctx) {
  const taken: number[] = [];
  ctx.onSignal(add, () => undefined);
  ctx.onUpdate(take, (each) => taken.push(each));
  yield* ctx.waitUntil(() => false);
});

async function proxyTo(targetPort: number): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ targetPort });
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** A gateway with a line on either side that can lose what comes back. */
async function openBetweenProxies(redisPort = Number(new URL(inject("redisUrl")).port)) {
  const namespace = randomNamespace("lost");
  const engine = await openEngine({ namespace, workflows: [ledger] });
  const toRedis = await proxyTo(redisPort);
  const url = `redis://127.0.0.1:${toRedis.port}`;
  const store = await createRedisStore({ connection: { url }, namespace });
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  await gateway.listen({ host: "127.0.0.1", port: 0 });
  const toGateway = await proxyTo((gateway.server.address() as AddressInfo).port);
  const post = async (path: string, body: object) => {
    const reply = await fetch(`http://127.0.0.1:${toGateway.port}/api/v1/workflows${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  return {
    engine,
    post,
    lines: { "Redis and the gateway": toRedis, "the gateway and its caller": toGateway },
  };
}

const OPERATION = "abcdefghijklmnopqrstuv";
const NEW = { type: "ledger", id: "new" };

interface Call {
  readonly what: string;
  readonly path: string;
  readonly body: object;
  /** Event of which the workflow has one more afterwards, however often the call was sent. */
  readonly event: string;
  /** The workflow, if it is not the one that is open from the beginning. */
  readonly of?: string;
  readonly workflows?: number;
  /** It has no id, and by the time it is repeated its run may have ended. */
  readonly mayHaveEnded?: true;
}

const CALLS: readonly Call[] = [
  {
    what: "start",
    path: "",
    body: { ...NEW, operationId: OPERATION },
    event: "started",
    of: "new",
    workflows: 2,
  },
  {
    ...{ what: "start in the place of an open run", path: "", event: "started" },
    body: { type: "ledger", id: "open", idConflict: "terminate-existing", operationId: OPERATION },
  },
  {
    ...{ what: "start-or-signal", path: "/start-or-signal", event: "signal", of: "new", workflows: 2 },
    body: { ...NEW, signal: { name: "add", payload: 5, signalId: "s" } },
  },
  {
    ...{ what: "start-with-update", path: "/start-with-update", event: "update", of: "new", workflows: 2 },
    body: { ...NEW, update: { name: "take", input: 5, updateId: "u" } },
  },
  { what: "signal", path: "/open/signals/add", body: { payload: 5, signalId: "s" }, event: "signal" },
  { what: "update", path: "/open/updates/take", body: { input: 5, updateId: "u" }, event: "update" },
  { what: "cancel", path: "/open/cancel", body: {}, event: "cancel-requested", mayHaveEnded: true },
  { what: "terminate", path: "/open/terminate", body: { operationId: OPERATION }, event: "terminated" },
  { what: "suspend", path: "/open/suspend", body: {}, event: "suspended" },
  { what: "resume", path: "/open/resume", body: {}, event: "resumed" },
];

describe.each(["Redis and the gateway", "the gateway and its caller"] as const)("between %s", (place) => {
  test.each(CALLS)("$what, repeated after its reply was lost, has one effect", async (call) => {
    const { engine, post, lines } = await openBetweenProxies();
    await engine.start("ledger", undefined, { id: "open" });
    if (call.what === "resume") await engine.suspend("open");
    const line = lines[place];
    const before = line.droppedReplyBytes;
    line.dropReplies(true);
    const first = post(call.path, call.body).catch(() => undefined);
    await waitFor(() => line.droppedReplyBytes > before, { description: "the reply is lost" });
    line.dropReplies(false);
    const good = call.mayHaveEnded === true ? [202, 409] : [200, 201, 202];
    // Redis is asked again by the gateway itself; a caller hears nothing.
    if (place === "Redis and the gateway") expect(good).toContain((await first)?.status);
    else expect(await first).toBeUndefined();
    expect(good).toContain((await post(call.path, call.body)).status);
    const { of = "open", event, workflows = 1 } = call;
    const kinds = async (): Promise<string[]> =>
      (await engine.getHandle(of).history()).map(({ kind }) => kind as string);
    await waitFor(async () => (await kinds()).includes(event), { description: `${event} is in the history` });
    expect((await kinds()).filter((kind) => kind === event)).toHaveLength(1);
    expect(await engine.count()).toBe(workflows);
  });
});

test("a repetition that Redis refuses does not make a call that was applied a refused one", async () => {
  const refusing = await startRefusingServer(Number(new URL(inject("redisUrl")).port));
  onTestFinished(() => refusing.stop());
  const { engine, post, lines } = await openBetweenProxies(refusing.port);
  const line = lines["Redis and the gateway"];
  const start = { type: "ledger", idempotencyKey: "k" };
  line.dropReplies(true);
  const first = post("", start);
  await waitFor(async () => (await engine.count()) === 1, { description: "the start is applied" });
  refusing.refuseWith("NOREPLICAS Not enough good replicas to write.");
  line.dropReplies(false);
  expect(await first).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN" } });
  expect(await post("", start)).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
  refusing.refuseWith(undefined);
  expect(await post("", start)).toMatchObject({ status: 200, body: { outcome: "existing" } });
});
