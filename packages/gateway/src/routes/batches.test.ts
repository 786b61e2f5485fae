import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Gateway } from "../create-gateway.js";
import { openUntouchableGateway } from "../testing/untouchable-gateway.js";

let gateway: Gateway;
let touched: string[];
beforeAll(async () => {
  ({ gateway, touched } = await openUntouchableGateway());
});
afterEach(() => {
  expect(touched.splice(0)).toEqual([]);
});
afterAll(() => gateway.close());

async function call(method: "GET" | "POST", url: string, payload = "") {
  const headers = { "content-type": "application/json" };
  const reply = await gateway.inject({
    method,
    url: `/api/v1${url}`,
    ...(method === "POST" && { payload, headers }),
  });
  return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
}

const STARTS = "/workflows/batch";
const SIGNALS = "/signals/batch";
const REDRIVE = "/dead-letters/redrive";

test.each([
  ["an empty body", STARTS, "", "MALFORMED_JSON"],
  ["a cut body", SIGNALS, '{"items":[', "MALFORMED_JSON"],
  ["a list", STARTS, "[]", "INVALID_ARGUMENT"],
  ["no items", SIGNALS, "{}", "INVALID_ARGUMENT"],
  ["items that are no list", STARTS, '{"items":{"length":1}}', "INVALID_ARGUMENT"],
  ["no entry", SIGNALS, '{"items":[]}', "INVALID_ARGUMENT"],
  ["too many entries", SIGNALS, `{"items":[${Array(501).fill("1").join()}]}`, "INVALID_ARGUMENT"],
  ["__proto__ in an entry", STARTS, '{"items":[{"__proto__":{}}]}', "INVALID_ARGUMENT"],
  ["a code that is none", REDRIVE, '{"code":"NO_SUCH"}', "INVALID_ARGUMENT"],
  ["too much to look at", REDRIVE, '{"limit":501}', "INVALID_ARGUMENT"],
  ["a forged cursor", REDRIVE, '{"cursor":7}', "INVALID_ARGUMENT"],
  ["a field for one", "/dead-letters/x/redrive", '{"code":"INTERNAL"}', "INVALID_ARGUMENT"],
])("%s is refused as a whole, before the store is asked", async (_name, url, body, code) => {
  expect(await call("POST", url, body)).toMatchObject({ status: 400, body: { code } });
});

test.each(["limit=0", "limit=501", "limit=1e2", "order=oldest"])(
  "a list with ?%s is refused",
  async (query) => {
    expect(await call("GET", `/dead-letters?${query}`)).toMatchObject({ status: 400 });
  },
);

const start = { operation: "start", type: "t" };
const named = { ...start, id: "w", operationId: "abcdefghijklmnopqrstuv" };
const signal = { id: "w", name: "s", signalId: "i" };
test.each([
  ["null", STARTS, null, "the entry"],
  ["a number", SIGNALS, 7, "the entry"],
  ["no operation", STARTS, { type: "t", idempotencyKey: "k" }, "operation"],
  ["another operation", STARTS, { ...start, operation: "terminate" }, "operation"],
  ["no id at all", STARTS, start, "idempotencyKey"],
  ["an id alone", STARTS, { ...start, id: "w" }, "operationId"],
  ["id and key", STARTS, { ...start, id: "w", idempotencyKey: "k" }, "key"],
  ["a payload over its limit", STARTS, { ...named, input: "x".repeat(2_000) }, "1024"],
  [
    "a start-or-signal without ids",
    STARTS,
    { ...start, operation: "start-or-signal", signal: { name: "s" } },
    "id",
  ],
  [
    "a start-or-signal of no certain workflow",
    STARTS,
    { ...start, operation: "start-or-signal", signal: { name: "s", signalId: "i" } },
    "another workflow",
  ],
  ["a signal without signalId", SIGNALS, { ...signal, signalId: undefined }, "signalId"],
  ["a signal with an empty id", SIGNALS, { ...signal, id: "" }, "workflow id"],
  ["an unknown field inside", STARTS, { ...named, memos: 1 }, "memos"],
])(
  "an entry that is %s has a problem of its own, and the store is not asked",
  async (_name, url, entry, detail) => {
    const { status, body } = await call("POST", url, JSON.stringify({ items: [entry] }));
    const [item] = body["items"] as { status: number; problem: { status: number; detail: string } }[];
    expect(status).toBe(200);
    expect(item?.status).toBe(item?.problem.status);
    expect([400, 413]).toContain(item?.status);
    expect(item?.problem.detail).toContain(detail);
  },
);
