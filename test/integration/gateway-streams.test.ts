// Server-sent events over real sockets: what is told, how often, to whom, and when it ends.
import type { AddressInfo, Socket } from "node:net";
import { WorkflowClient } from "@heddle/core";
import { createGateway, type GatewayLimits } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { signal, workflow } from "heddle";
import { expect, inject, onTestFinished, test } from "vitest";
import { openStream, type OpenStream } from "./support/event-reader.js";
import { ADMIN_KEY, openGuardedGateways } from "./support/guarded-gateways.js";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";

const go = signal<number>("go");
/** Takes so many signals, and continues as new after each three of them. */
const taker = workflow({ name: "taker" }).execute(function* (ctx, input: { signals: number }) {
  let left = input.signals;
  for (let taken = 1; left > 0; taken += 1) {
    yield* ctx.waitForSignal(go);
    left -= 1;
    if (taken === 3 && left > 0) yield* ctx.continueAsNew({ signals: left });
  }
  return "done";
});
const bulky = workflow({ name: "bulky" }).execute(function* (ctx, input: { blocks: number }) {
  for (let block = 0; block < input.blocks; block += 1) {
    yield* ctx.step(`block ${block}`, () => "x".repeat(500_000));
  }
});

async function openLive(options: { namespace?: string; streams?: GatewayLimits["streams"] } = {}) {
  const namespace = options.namespace ?? randomNamespace("streams");
  const engine = await openEngine({ namespace, workflows: [taker, bulky] });
  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
    limits: { streams: options.streams ?? {} },
  });
  await gateway.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    gateway.drain();
    await gateway.close();
    await store.close();
  });
  const { port } = gateway.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/v1/workflows`;
  const stream = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const opened = await openStream(`${url}${path}`, headers);
    onTestFinished(() => opened.close());
    return opened;
  };
  return { engine, gateway, stream, url, namespace };
}

async function until(stream: OpenStream, description: string, isDone: () => boolean): Promise<void> {
  await waitFor(isDone, { description: `${description}: ${stream.events.map(({ event }) => event).join()}` });
}

const kindsOf = ({ events }: OpenStream): unknown[] =>
  events.map(({ event, data }) => (event === "record" ? data["kind"] : event));

test("a history is told as it is written, and ends with the run", async () => {
  const { engine, stream } = await openLive();
  const handle = await engine.start("taker", { signals: 1 });
  const history = await stream(`/${handle.id}/history/stream`);
  expect(history.status).toBe(200);
  expect(history.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
    "cache-control": "no-store, no-transform",
    "x-content-type-options": "nosniff",
  });
  expect(history.headers["x-request-id"]).toBeTruthy();
  await until(history, "it waits for a signal", () => kindsOf(history).includes("signal-awaited"));
  await handle.signal(go, 7);
  await history.ended;
  expect(kindsOf(history)).toEqual(["started", "signal-awaited", "signal", "completed", "end"]);
  expect(history.events.map(({ data }) => data["index"])).toEqual([0, 1, 2, 3, undefined]);
  expect(history.events.at(2)?.data).toMatchObject({ payload: 7, runId: handle.runId });
  const end = history.events.at(-1);
  expect(end?.data).toEqual({ runId: handle.runId, status: "completed" });
  // A browser that comes back after the end is told to stay away.
  const again = await stream(`/${handle.id}/history/stream`, { "last-event-id": end?.id ?? "" });
  expect(again.status).toBe(204);
});

test("a workflow that continues as new is followed into its next run", async () => {
  const { engine, stream } = await openLive();
  const handle = await engine.start("taker", { signals: 4 });
  const history = await stream(`/${handle.id}/history/stream?runId=${handle.runId ?? ""}`);
  for (let sent = 1; sent <= 4; sent += 1) await handle.signal(go, sent);
  await history.ended;
  expect(history.events.at(-1)).toMatchObject({ event: "end", data: { status: "completed" } });
  const continued = history.events.find(({ event }) => event === "continued");
  const runId = history.events.at(-1)?.data["runId"];
  expect(continued?.data).toEqual({ runId });
  expect(runId).not.toBe(handle.runId);
});

test("a reader that comes back gets every record once, also from another gateway after a kill", async () => {
  const namespace = randomNamespace("streams");
  const { engine } = await openLive({ namespace });
  const handle = await engine.start("taker", { signals: 2 });
  const follow = async (gateway: { url: string }, headers = {}) => {
    const opened = await openStream(`${gateway.url}/api/v1/workflows/${handle.id}/history/stream`, headers);
    onTestFinished(() => opened.close());
    return opened;
  };
  const first = await serveGateway({ namespace });
  const before = await follow(first);
  await handle.signal(go, 1);
  await until(before, "the first signal", () => kindsOf(before).includes("signal"));
  await first.process.kill();
  await before.ended;
  await handle.signal(go, 2);
  await handle.result();
  const after = await follow(await serveGateway({ namespace }), {
    "last-event-id": before.events.at(-1)?.id ?? "",
  });
  await after.ended;
  const indexes = [...before.events, ...after.events].map(({ data }) => data["index"]);
  expect(indexes.slice(0, -1)).toEqual(Array.from({ length: indexes.length - 1 }, (_, index) => index));
  expect(after.events.at(-1)?.event).toBe("end");
  expect((await handle.history()).length).toBe(indexes.length - 1);
});

test("changes are told from the moment of `watching`, those of a filter alone", async () => {
  const { engine, stream } = await openLive();
  const all = await stream("/stream");
  const completed = await stream("/stream?status=completed&type=taker&idPrefix=order-");
  for (const each of [all, completed]) {
    await until(each, "it watches", () => each.events[0]?.event === "watching");
  }
  for (const id of ["order-1", "cart-1"]) {
    const handle = await engine.start("taker", { signals: 1 }, { id });
    await handle.signal(go, 1);
    await handle.result();
  }
  await until(
    all,
    "both closed",
    () => all.events.filter(({ data }) => data["status"] === "completed").length === 2,
  );
  await until(completed, "one of them", () => completed.events.length === 2);
  const statuses = all.events
    .filter(({ data }) => data["id"] === "order-1")
    .map(({ data }) => data["status"]);
  expect(statuses[0]).toBe("pending");
  expect(statuses.at(-1)).toBe("completed");
  expect(completed.events[1]).toMatchObject({
    event: "change",
    data: { id: "order-1", type: "taker", status: "completed" },
  });
  const change = all.events[1]?.data ?? {};
  expect(Date.parse(String(change["changedAt"]))).toBeGreaterThanOrEqual(
    Date.parse(String(change["createdAt"])),
  );
});

test("a watcher that comes back gets what it missed, once, also from another gateway after a kill", async () => {
  const namespace = randomNamespace("streams");
  const { engine } = await openLive({ namespace });
  const watch = async (gateway: { url: string }, headers = {}) => {
    const opened = await openStream(`${gateway.url}/api/v1/workflows/stream?status=pending`, headers);
    onTestFinished(() => opened.close());
    return opened;
  };
  const first = await serveGateway({ namespace });
  const before = await watch(first);
  await until(before, "it watches", () => before.events.length === 1);
  const ids = Array.from({ length: 30 }, (_, index) => `w-${index}`);
  for (const id of ids.slice(0, 15)) await engine.start("taker", { signals: 1 }, { id });
  await until(before, "some came", () => before.events.length > 3);
  await first.process.kill();
  await before.ended;
  for (const id of ids.slice(15)) await engine.start("taker", { signals: 1 }, { id });
  const after = await watch(await serveGateway({ namespace }), {
    "last-event-id": before.events.at(-1)?.id ?? "",
  });
  const told = () => [...before.events.slice(1), ...after.events].map(({ data }) => String(data["id"]));
  await until(after, "all came", () => told().length >= 30);
  await engine.start("taker", { signals: 1 }, { id: "last" });
  await until(after, "and goes on", () => told().includes("last"));
  expect(told().sort()).toEqual([...ids, "last"].sort());
});

test("a reader that does not read costs a bounded memory, is cut off, and goes on where it stopped", async () => {
  const { engine, gateway, stream } = await openLive({ streams: { stalledMs: 2_000, total: 1 } });
  const sockets: Socket[] = [];
  gateway.server.on("connection", (socket: Socket) => sockets.push(socket));
  const handle = await engine.start("bulky", { blocks: 40 });
  await handle.result();
  const reader = await stream(`/${handle.id}/history/stream`);
  reader.pause();
  let mostWaiting = 0;
  // Its end is seen by the gateway alone, which has room for another one then.
  await waitFor(
    async () => {
      mostWaiting = Math.max(mostWaiting, ...sockets.map(({ writableLength }) => writableLength));
      const another = await stream("/stream");
      another.close();
      return another.status === 200;
    },
    { description: "the reader is cut off", intervalMs: 100 },
  );
  // One record, of the twenty million bytes that there are to be sent.
  expect(mostWaiting).toBeGreaterThan(0);
  expect(mostWaiting).toBeLessThan(1_000_000);
  reader.resume();
  await reader.ended;
  expect(reader.events.some(({ event }) => event === "end")).toBe(false);
  const last = reader.events.at(-1)?.id;
  const rest = await waitFor(
    async () => {
      const opened = await stream(`/${handle.id}/history/stream`, { "last-event-id": last ?? "" });
      return opened.status === 200 && opened;
    },
    { description: "there is room again" },
  );
  await rest.ended;
  const indexes = [...reader.events, ...rest.events].flatMap(({ data }) =>
    "index" in data ? [data["index"]] : [],
  );
  expect(indexes).toEqual((await handle.history()).map(({ index }) => index));
});

test("there are only so many streams of one caller, and in all; one that ends makes room", async () => {
  const { engine, stream } = await openLive({ streams: { total: 3, perCaller: 2 } });
  const handle = await engine.start("taker", { signals: 1 });
  const open = [await stream("/stream"), await stream(`/${handle.id}/history/stream`)];
  const refused = await stream("/stream");
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toBe("5");
  open[0]?.close();
  await waitFor(async () => (await stream("/stream")).status === 200, { description: "there is room again" });
});

test("a gateway that drains tells its readers to come back, also one that does not read, and closes", async () => {
  const { engine, gateway, stream } = await openLive();
  const handle = await engine.start("taker", { signals: 1 });
  const huge = await engine.start("bulky", { blocks: 40 });
  await huge.result();
  const history = await stream(`/${handle.id}/history/stream`);
  const changes = await stream("/stream");
  const stuck = await stream(`/${huge.id}/history/stream`);
  stuck.pause();
  await until(changes, "it watches", () => changes.events.length === 1);
  const begun = performance.now();
  gateway.drain();
  await gateway.close();
  expect(performance.now() - begun).toBeLessThan(5_000);
  for (const each of [history, changes]) {
    await each.ended;
    expect(each.events.at(-1)).toMatchObject({ event: "reconnect", data: { reason: "draining" } });
  }
});

test("the stream of a revoked key ends within five seconds, with the reason", async () => {
  const { gateways, createKey, call } = await openGuardedGateways();
  const [gateway] = gateways;
  await gateway?.listen({ host: "127.0.0.1", port: 0 });
  const { port } = gateway?.server.address() as AddressInfo;
  const { id, key } = await createKey({ role: "reader" });
  const url = `http://127.0.0.1:${port}/api/v1/workflows/stream`;
  expect((await openStream(url)).status).toBe(401);
  const opened = await openStream(url, { authorization: `Bearer ${key}` });
  onTestFinished(() => opened.close());
  await until(opened, "it watches", () => opened.events.length === 1);
  const revoked = await call(ADMIN_KEY, { method: "POST", url: `/api/v1/keys/${id}/revoke`, body: {} });
  expect(revoked.status).toBe(200);
  const begun = performance.now();
  await opened.ended;
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(opened.events.at(-1)).toMatchObject({
    event: "problem",
    data: { code: "UNAUTHENTICATED", status: 401 },
  });
});

test.each([
  ["/nobody/history/stream", {}, 404],
  ["/stream?tags=vip", {}, 400],
  ["/stream?version=2", {}, 400],
  ["/stream?limit=5", {}, 400],
  ["/stream?status=open", {}, 400],
  ["/stream", { "last-event-id": "forged!" }, 400],
  ["/w/history/stream", { "last-event-id": "forged" }, 400],
])("%s with %o is refused with %i before anything is streamed", async (path, headers, status) => {
  const { stream } = await openLive();
  const refused = await stream(path, headers);
  expect(refused.status).toBe(status);
  await refused.ended;
  expect(refused.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(refused.text())).toMatchObject({ status });
});

test("a run that was replaced is not followed", async () => {
  const { engine, stream } = await openLive();
  const first = await engine.start("taker", { signals: 1 }, { id: "w" });
  const history = await stream(`/w/history/stream`);
  await until(history, "it began", () => history.events.length > 0);
  await engine.start("taker", { signals: 1 }, { id: "w", idConflict: "terminate-existing" });
  await history.ended;
  expect(history.events.at(-1)?.data).toEqual({ runId: first.runId, status: "replaced" });
  expect((await stream(`/w/history/stream?runId=${first.runId ?? ""}`)).status).toBe(404);
});
