// MessagePack in place of JSON, both ways, through a real gateway.
import type { AddressInfo } from "node:net";
import { WorkflowClient } from "@heddle/core";
import { createGateway } from "@heddle/gateway";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import { workflow } from "heddle";
import { pack, unpack } from "msgpackr";
import { expect, inject, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

interface Blob {
  readonly bytes: Uint8Array;
  readonly at: Date;
}
const measure = workflow({ name: "measure" }).execute(function* (ctx, { bytes, at }: Blob) {
  const seen = yield* ctx.step("look", () => [bytes.constructor.name, at.constructor.name, bytes.length]);
  return { seen, bytes, at };
});

async function open() {
  const namespace = randomNamespace("msgpack");
  const engine = await openEngine({ namespace, workflows: [measure] });
  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  const gateway = createGateway({
    client: new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES }),
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
    limits: { maxBodyBytes: 4_096 },
  });
  await gateway.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await gateway.close();
    await store.close();
  });
  const { port } = gateway.server.address() as AddressInfo;
  const call = (path: string, body?: Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { accept: "application/msgpack", "content-type": "application/msgpack", ...headers },
      ...(body === undefined ? {} : { method: "POST", body }),
    });
  return { engine, call };
}

const START = "/api/v1/workflows";
const read = async (reply: Response) =>
  unpack(new Uint8Array(await reply.arrayBuffer())) as Record<string, unknown>;

test("bytes and times reach the workflow as such, and its answer comes as plain values", async () => {
  const { engine, call } = await open();
  const at = new Date("2030-01-01T00:00:00.500Z");
  const bytes = new Uint8Array([0, 255, 7]);
  const started = await call(START, pack({ type: "measure", id: "m", input: { bytes, at } }));
  expect(started.status).toBe(201);
  expect(started.headers.get("content-type")).toBe("application/msgpack");
  expect(started.headers.get("location")).toBe("/api/v1/workflows/m");
  expect(await read(started)).toMatchObject({ id: "m", outcome: "started" });
  const { seen, bytes: kept } = await engine.getHandle<{ seen: unknown[]; bytes: Uint8Array }>("m").result();
  expect(seen).toEqual([expect.stringMatching(/^(Buffer|Uint8Array)$/), "Date", 3]);
  expect([...kept]).toEqual([0, 255, 7]);
  const result = await read(await call(`${START}/m/result?waitMs=1000`));
  expect(result).toMatchObject({ status: "completed", result: { bytes: "AP8H", at: at.toISOString() } });
});

test("either side may speak JSON, and errors always do", async () => {
  const { call } = await open();
  const inJson = await call(START, pack({ type: "measure", id: "j" }), { accept: "application/json" });
  expect(await inJson.json()).toMatchObject({ id: "j" });
  const again = await call(START, pack({ type: "measure", id: "j", idReuse: "reject" }), {
    "content-type": "application/x-msgpack",
  });
  expect(again.status).toBe(409);
  expect(again.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(await again.json()).toMatchObject({ code: "WORKFLOW_ALREADY_EXISTS" });
});

test("a key is that of the same call, in whichever form its body comes", async () => {
  const { call } = await open();
  const json = { "content-type": "application/json", "idempotency-key": "k" };
  const first = await call(START, Buffer.from('{"type":"measure","input":{"a":1}}'), json);
  expect(first.status).toBe(201);
  const again = await call(START, pack({ input: { a: 1 }, type: "measure" }), { "idempotency-key": "k" });
  expect(again.status).toBe(200);
  const other = await call(START, pack({ input: { a: 2 }, type: "measure" }), { "idempotency-key": "k" });
  expect(other.status).toBe(422);
});

test.each([
  ["a cut document", Buffer.from([0x85]), {}, 400, "MALFORMED_MSGPACK"],
  ["an empty body", Buffer.alloc(0), {}, 400, "MALFORMED_MSGPACK"],
  ["a list", pack([1]), {}, 400, "INVALID_ARGUMENT"],
  ["an unknown field", pack({ type: "measure", statuz: 1 }), {}, 400, "INVALID_ARGUMENT"],
  [
    "a body over the limit",
    pack({ type: "measure", input: "x".repeat(5_000) }),
    {},
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  ["a type nobody knows", pack({}), { "content-type": "application/cbor" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
])("%s is refused", async (_name, body, headers, status, code) => {
  const { call } = await open();
  const reply = await call(START, body, headers);
  expect(reply.status).toBe(status);
  expect(await reply.json()).toMatchObject({ code });
});
