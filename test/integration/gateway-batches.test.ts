// Many starts or signals in one request; each entry has an outcome of its own, and the whole may be repeated.
import { describe, expect, test } from "vitest";
import { ADMIN_KEY, openGuardedGateways } from "./support/guarded-gateways.js";
import { openGateway } from "./support/open-gateway.js";

const start = (id: string, rest: object = {}) => ({
  operation: "start",
  type: "t",
  idempotencyKey: id,
  ...rest,
});
const signal = (id: string, signalId?: string) => ({ id, name: "add", signalId });

interface Item {
  readonly status: number;
  readonly id?: string;
  readonly runId?: string;
  readonly outcome?: string;
  readonly problem?: { readonly code: string; readonly instance: string; readonly detail: string };
}
const itemsOf = ({ body }: { body: Record<string, unknown> }) => body["items"] as Item[];

async function open() {
  const { post, get } = await openGateway();
  const signals = (items: readonly unknown[]) => post("/../signals/batch", { items });
  return { starts: (items: readonly unknown[]) => post("/batch", { items }), signals, post, get };
}

describe("a batch of starts", () => {
  test("answers each entry in order, and the same when it is repeated", async () => {
    const { starts, get } = await open();
    const batch = [
      start("key-1"),
      start("", { idempotencyKey: undefined, id: "w", operationId: "abcdefghijklmnopqrstuv" }),
      { operation: "start-or-signal", type: "t", id: "w", signal: { name: "add", signalId: "s" } },
      { operation: "start-or-signal", type: "t", id: "x", signal: { name: "add", signalId: "s" } },
    ];
    const first = itemsOf(await starts(batch));
    expect(first.map(({ status }) => status).sort()).toEqual([201, 201, 201, 202]);
    const second = itemsOf(await starts(batch));
    expect(second.map(({ id, runId }) => [id, runId])).toEqual(first.map(({ id, runId }) => [id, runId]));
    expect(second.slice(2).map(({ outcome }) => outcome)).toEqual(["duplicate", "duplicate"]);
    expect((await get("/count")).body).toEqual({ count: 3 });
    expect((await get("/w")).body).toMatchObject({ accepted: 2 });
  });

  test("refuses an entry without refusing the others", async () => {
    const { starts, get } = await open();
    const batch = [
      start("key-1"),
      start("key-2", { statuz: 1 }),
      { type: "t" },
      start("", { idempotencyKey: undefined }),
      start("", { idempotencyKey: undefined, id: "w" }),
      start("key-3", { type: "" }),
      { operation: "start-or-signal", type: "t", signal: { name: "add" } },
      null,
      start("key-4"),
    ];
    const items = itemsOf(await starts(batch));
    expect(items.map(({ status }) => status)).toEqual([201, 400, 400, 400, 400, 400, 400, 400, 201]);
    expect(items[1]?.problem).toMatchObject({
      code: "INVALID_ARGUMENT",
      instance: "/api/v1/workflows/batch#/items/1",
      detail: expect.stringContaining("statuz") as string,
    });
    expect(items[4]?.problem?.detail).toContain("operationId");
    expect((await get("/count")).body).toEqual({ count: 2 });
  });

  test.each([
    ["no entry", { items: [] }],
    ["too many", { items: Array(501).fill(start("key")) }],
    ["no list", { items: start("key") }],
    ["an unknown field", { items: [start("key")], atomic: true }],
  ])("with %s is refused as a whole", async (_what, body) => {
    const { post, get } = await open();
    expect(await post("/batch", body)).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
    expect((await get("/count")).body).toEqual({ count: 0 });
  });

  test("of full size is accepted", async () => {
    const { starts, get } = await open();
    const items = itemsOf(await starts(Array.from({ length: 500 }, (_, index) => start(`key-${index}`))));
    expect(items.every(({ status }) => status === 201)).toBe(true);
    expect((await get("/count")).body).toEqual({ count: 500 });
  });
});

test("a batch of signals delivers each once, and tells which found nobody", async () => {
  const { starts, signals, get } = await open();
  const operation = { operation: "start", type: "t", operationId: "abcdefghijklmnopqrstuv" };
  await starts([{ ...operation, id: "a" }]);
  for (const _ of ["first", "second"]) {
    const items = itemsOf(await signals([signal("a", "1"), signal("a", "2"), signal("b", "1"), signal("a")]));
    expect(items.map(({ status }) => status)).toEqual([202, 202, 404, 400]);
    expect(items[0]).toMatchObject({ id: "a", signalId: "1" });
    expect(items[2]?.problem?.code).toBe("WORKFLOW_NOT_FOUND");
  }
  expect((await get("/a")).body).toMatchObject({ accepted: 3 });
});

describe("the caller of a batch", () => {
  const url = "/api/v1/workflows/batch";

  test("needs for each entry the role that it needs by itself, and is written down", async () => {
    const { call, createKey, logLines } = await openGuardedGateways();
    const { key } = await createKey({ role: "signaller" });
    const body = { items: [start("key-1"), start("key-2", { idConflict: "terminate-existing" })] };
    const reply = await call(key, { method: "POST", url, body });
    expect((reply.body["items"] as Item[]).map(({ status }) => status)).toEqual([201, 403]);
    const audited = logLines.find((line) => line.includes("acceptStartBatch")) ?? "";
    expect(audited).toContain("2 entries: key-");
    const { key: reader } = await createKey({ role: "reader" });
    expect((await call(reader, { method: "POST", url, body })).status).toBe(403);
  });

  test("spends a request on each entry, and nothing is accepted beyond", async () => {
    const { call, createKey } = await openGuardedGateways();
    const { key } = await createKey({ role: "signaller", requestsPerDay: 5 });
    const batch = (from: number) => ({ items: [0, 1, 2].map((index) => start(`key-${from + index}`)) });
    expect((await call(key, { method: "POST", url, body: batch(0) })).status).toBe(200);
    const refused = await call(key, { method: "POST", url, body: batch(3) });
    expect(refused).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    const count = await call(ADMIN_KEY, { method: "GET", url: "/api/v1/workflows/count" });
    expect(count.body).toEqual({ count: 3 });
  });
});
