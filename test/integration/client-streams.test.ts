// What the client and the engine tell while workflows move, over gateways that come and go.
import { HeddleClient, type FollowedEntry } from "@heddle/client";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { Engine, signal, workflow } from "heddle";
import { expect, inject, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";

const go = signal<number>("go");
const taker = workflow({ name: "taker" }).execute(function* (ctx, input: { signals: number }) {
  for (let left = input.signals; left > 0; left -= 1) yield* ctx.waitForSignal(go);
  return "done";
});

async function open() {
  const namespace = randomNamespace("live");
  const engine = await openEngine({ namespace, workflows: [taker] });
  const gateway = await serveGateway({ namespace });
  const client = new HeddleClient<[typeof taker]>({ url: gateway.url, retry: { attempts: 50 } });
  return { namespace, engine, gateway, client };
}

async function collected<Item>(items: AsyncIterable<Item>, into: Item[]): Promise<void> {
  for await (const item of items) into.push(item);
}

test("a history is followed over the death of its gateway, each record once", async () => {
  const { namespace, engine, gateway, client } = await open();
  const handle = await client.start("taker", { signals: 2 });
  const entries: FollowedEntry[] = [];
  const followed = collected(handle.followHistory(), entries);
  await handle.signal(go, 1);
  await waitFor(() => entries.some(({ kind }) => kind === "signal"), { description: "the first signal" });
  await gateway.process.kill();
  await engine.signal(handle.id, go, 2);
  await serveGateway({ namespace, port: gateway.port });
  await followed;
  const all = await handle.history();
  expect(entries).toEqual(all.map((entry) => ({ ...entry, runId: handle.runId })));
});

test("changes are watched over a gateway that is replaced, each once", async () => {
  const { namespace, engine, gateway, client } = await open();
  const told: string[] = [];
  const ended = new AbortController();
  const watched = (async () => {
    for await (const event of client.watch({ type: "taker", status: "pending" }, { signal: ended.signal })) {
      told.push(event.kind === "changed" ? event.change.id : event.kind);
    }
  })();
  await waitFor(() => told.includes("watching"), { description: "it watches" });
  await engine.start("taker", { signals: 1 }, { id: "first" });
  await waitFor(() => told.includes("first"), { description: "the first" });
  await gateway.process.stop();
  await engine.start("taker", { signals: 1 }, { id: "second" });
  await serveGateway({ namespace, port: gateway.port });
  await engine.start("taker", { signals: 1 }, { id: "third" });
  await waitFor(() => told.includes("third"), { description: "the third" });
  expect(told).toEqual(["watching", "first", "second", "third"]);
  ended.abort(new Error("enough"));
  await expect(watched).rejects.toThrow("enough");
});

test("leaving the loop ends the stream, and what cannot be followed is told", async () => {
  const { client } = await open();
  for await (const event of client.watch()) {
    expect(event).toEqual({ kind: "watching" });
    break;
  }
  await expect(client.getHandle("nobody").followHistory().next()).rejects.toMatchObject({
    code: "WORKFLOW_NOT_FOUND",
  });
  const away = new HeddleClient({ url: "http://127.0.0.1:2", retry: { attempts: 2 } });
  await expect(away.watch().next()).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("the engine tells the same", async () => {
  const { engine } = await open();
  const entries: { kind: string; runId: string }[] = [];
  const kinds: string[] = [];
  const watching = engine.watch({ idPrefix: "mine" });
  expect((await watching.next()).value).toEqual({ kind: "watching" });
  const handle = await engine.start("taker", { signals: 1 }, { id: "mine-1" });
  const followed = collected(handle.followHistory(), entries);
  await handle.signal(go, 1);
  await followed;
  expect(entries.map(({ kind }) => kind).at(-1)).toBe("completed");
  expect(new Set(entries.map(({ runId }) => runId))).toEqual(new Set([handle.runId]));
  while (kinds.at(-1) !== "completed") {
    const { value } = await watching.next();
    if (value?.kind === "changed") kinds.push(value.change.status);
  }
  expect(kinds[0]).toBe("pending");
  await watching.return();
  await expect(engine.watch({ tags: ["vip"] } as object).next()).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("an engine that is shut down leaves nobody watching", async () => {
  const { namespace } = await open();
  const other = await Engine.create({ namespace, url: inject("redisUrl"), roles: ["client"] });
  const watching = other.watch();
  await watching.next();
  const next = watching.next();
  next.catch(() => undefined);
  await other.shutdown();
  await expect(next).rejects.toMatchObject({ code: "SHUT_DOWN" });
});
