// The forty bad inputs of the security checklist, by their numbers: those that reach a gateway, on a real one. After
// each, nothing is written but rates and the audit log, and the next good request succeeds.
import { readFile } from "node:fs/promises";
import { beforeAll, afterAll, describe, expect, inject, test } from "vitest";
import { Redis } from "ioredis";
import { keysOf } from "../support/namespace-contents.js";
import { ADMIN_KEY, openGuardedGateways, type GuardedGateways } from "./support/guarded-gateways.js";

const START = "/api/v1/workflows";
const START_OR_SIGNAL = `${START}/start-or-signal`;
const SIGNAL = `${START}/open/signals/paid`;
const JSON_TYPE = { "content-type": "application/json" };

interface Request {
  readonly method?: "POST";
  readonly url: string;
  readonly payload?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Case {
  readonly row: number;
  readonly what: string;
  readonly request: Request;
  readonly status: number;
  readonly code: string;
}

function post(row: number, what: string, url: string, payload: string, refusal: string, headers = {}): Case {
  const [status, code = ""] = refusal.split(" ");
  const request = { method: "POST" as const, url, payload, headers: { ...JSON_TYPE, ...headers } };
  return { row, what, request, status: Number(status), code };
}

const start = (row: number, what: string, fields: string, refusal = "400 INVALID_ARGUMENT"): Case =>
  post(row, what, START, `{"type":"order",${fields}}`, refusal);

const list = (what: string, query: string): Case => ({
  ...{ row: 38, what, request: { url: `${START}?${query}` }, status: 400, code: "INVALID_ARGUMENT" },
});

const manyKeys = Array.from({ length: 100_000 }, (_none, index) => `"k${index}":1`).join(",");
const deep = "[".repeat(5_000) + "]".repeat(5_000);

const cases: readonly Case[] = [
  post(1, "a cut body", START, '{"a":', "400 MALFORMED_JSON"),
  post(2, "an empty body", START, "", "400 MALFORMED_JSON"),
  ...["[]", '"x"', "null", "7"].map((body) =>
    post(3, `the body ${body}`, START, body, "400 INVALID_ARGUMENT"),
  ),
  post(4, "plain text", START, "{}", "415 UNSUPPORTED_MEDIA_TYPE", { "content-type": "text/plain" }),
  post(5, "Brotli", SIGNAL, "\x1b", "415 UNSUPPORTED_MEDIA_TYPE", { "content-encoding": "br" }),
  post(5, "gzip twice", SIGNAL, "\x1f", "415 UNSUPPORTED_MEDIA_TYPE", { "content-encoding": "gzip, gzip" }),
  post(8, "5,000 levels", SIGNAL, `{"payload":${deep}}`, "400 INVALID_ARGUMENT"),
  start(9, "100,000 attributes", `"attributes":{${manyKeys}}`),
  start(10, "__proto__", '"__proto__":{"role":"admin"}'),
  start(11, "constructor.prototype", '"constructor":{"prototype":{}}'),
  start(12, "an unknown field", '"statuz":1'),
  start(13, "a key twice", '"id":"a","id":"b"'),
  start(14, "a lone surrogate in an id", String.raw`"id":"\ud800"`),
  post(14, "a lone surrogate in a payload", SIGNAL, String.raw`{"payload":"\ud800"}`, "400 INVALID_ARGUMENT"),
  ...[String.raw`\u0000`, String.raw`\r\n`, String.raw`\u202e`, "x".repeat(998)].map((text) =>
    start(15, `an id with ${text.slice(0, 6)}`, `"id":"a${text}bc"`),
  ),
  start(17, "an empty id", '"id":""'),
  start(17, "an id of blanks", '"id":"   "'),
  post(18, "2^53 + 1", SIGNAL, '{"payload":9007199254740993}', "400 INVALID_ARGUMENT"),
  start(19, "an infinite duration", '"startAfter":1e400'),
  start(19, "NaN", '"startAfter":NaN', "400 MALFORMED_JSON"),
  ...["executionTimeout", "runTimeout", "startAfter"].flatMap((field) =>
    ["-1", "9007199254740992", "6400000000000", '"73000 days"', '"5 parsecs"', '""', "{}"].map((duration) =>
      start(20, `${field} ${duration}`, `"${field}":${duration}`),
    ),
  ),
  post(22, "no delivery id", START_OR_SIGNAL, '{"type":"t","signal":{"name":"s"}}', "400 INVALID_ARGUMENT"),
  ...["k".repeat(10_240), "a\tb", ""].map((key) =>
    post(25, `the key ${JSON.stringify(key.slice(0, 9))}`, START, '{"type":"t"}', "400 INVALID_ARGUMENT", {
      "idempotency-key": key,
    }),
  ),
  start(25, "a key with NUL", String.raw`"idempotencyKey":"a\u0000"`),
  post(26, "nobody's id", `${START}/nobody/signals/s`, "{}", "404 WORKFLOW_NOT_FOUND"),
  post(27, "a closed run", `${START}/closed/signals/s`, "{}", "409 WORKFLOW_NOT_RUNNING"),
  start(28, "an open id", '"id":"open"', "409 WORKFLOW_ALREADY_EXISTS"),
  ...["", "Bearer", "Bearer x", "Basic YTpi", `Bearer ${ADMIN_KEY}x`].map((authorization) =>
    post(32, `credentials ${authorization}`, START, '{"type":"t"}', "401 UNAUTHENTICATED", {
      authorization,
    }),
  ),
  ...["limit=0", "limit=-1", "limit=1e9", "status=", "status=a%3D1%27+OR+%271%27%3D%271"].map((query) =>
    list(query, query),
  ),
  list("a forged cursor", "cursor=Zm9yZ2Vk"),
  list("a cursor with more in it", `cursor=${Buffer.from('[1,"a","b"]').toString("base64url")}`),
];

/** Where the other rows are tested. Rows 29 to 31 and 35 to 37 are about activities, tasks and workflow code. */
const ELSEWHERE: Readonly<Record<number, readonly [file: string, title: string]>> = {
  6: [
    "packages/gateway/src/bad-input.test.ts",
    "a promised length over the limit is refused before the body is sent",
  ],
  7: [
    "packages/gateway/src/bad-input.test.ts",
    "a chunked body over the limit is refused and its connection closed",
  ],
  16: ["test/integration/gateway.test.ts", "the id %s comes back as it was given, on every route"],
  21: ["packages/protocol/src/activity-policy.test.ts", '["retry.maxAttempts", { maxAttempts: -1 }]'],
  23: ["test/integration/gateway-bad-inputs.test.ts", "row 23:"],
  24: ["test/integration/gateway-bad-inputs.test.ts", "row 24:"],
  33: ["test/integration/gateway-access.test.ts", "every role may do exactly what the document says"],
  34: ["test/integration/gateway-bad-inputs.test.ts", "row 34:"],
  39: ["packages/gateway/src/raw-http.test.ts", "Transfer-Encoding beside Content-Length"],
  40: ["test/integration/gateway-storage.test.ts", "is told apart"],
};

let open: GuardedGateways;
let redis: Redis;
beforeAll(async () => {
  redis = new Redis(inject("redisUrl"));
  open = await openGuardedGateways({ endsWithTest: false });
  for (const id of ["open", "closed"]) {
    const body = { type: "order", id };
    expect(await open.call(ADMIN_KEY, { method: "POST", url: START, body })).toMatchObject({ status: 201 });
  }
  const terminate = { method: "POST", url: `${START}/closed/terminate`, body: {} } as const;
  expect(await open.call(ADMIN_KEY, terminate)).toMatchObject({ status: 202 });
});
afterAll(async () => {
  redis.disconnect();
  await open.close();
});

async function keys(): Promise<string[]> {
  const all = await keysOf(redis, open.namespace);
  return all.filter((key) => !/\}:(?:rate:.*|quota:.*|audit|audit-batches)$/.test(key));
}

let addresses = 0;
async function send(request: Request) {
  // An address of its own each: who sends wrong credentials is held off otherwise.
  const remoteAddress = `10.3.${Math.floor(++addresses / 250)}.${addresses % 250}`;
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, ...request.headers };
  const reply = await open.gateways[0]?.inject({ remoteAddress, ...request, headers });
  if (reply === undefined) throw new Error("there is no gateway");
  return { status: reply.statusCode, headers: reply.headers, body: reply.json<Record<string, unknown>>() };
}

let good = 0;
async function expectServing(): Promise<void> {
  const body = { type: "order", id: `good-${++good}` };
  expect(await open.call(ADMIN_KEY, { method: "POST", url: START, body })).toMatchObject({ status: 201 });
}

test.each(cases)("row $row: $what is refused and writes nothing", async ({ request, status, code }) => {
  const before = await keys();
  const reply = await send(request);
  expect(reply).toMatchObject({ status, body: { status, code, retryable: false } });
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(reply.headers["www-authenticate"] !== undefined).toBe(status === 401);
  expect(await keys()).toEqual(before);
  expect(Object.keys(Object.prototype)).toEqual([]);
  await expectServing();
});

test("row 23: the same key with another body is refused, and changes nothing", async () => {
  const headers = { "idempotency-key": "checkout-7" };
  const request = (payload: object): Request => ({
    method: "POST",
    url: START_OR_SIGNAL,
    payload,
    headers,
  });
  const first = await send(request({ type: "order", signal: { name: "paid", payload: 1 } }));
  const history = async () => (await send({ url: `${START}/${String(first.body["id"])}/history` })).body;
  const before = await history();
  const second = await send(request({ type: "refund", signal: { name: "paid", payload: 2 } }));
  expect(second).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
  expect(await history()).toEqual(before);
});

test("row 24: requests with one key at once start one run, and all are told which", async () => {
  const request: Request = {
    ...{ method: "POST", url: START_OR_SIGNAL, payload: { type: "order", signal: { name: "paid" } } },
    headers: { "idempotency-key": "checkout-8" },
  };
  const replies = await Promise.all(Array.from({ length: 50 }, () => send(request)));
  expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(49).fill(200), 201]);
  expect(new Set(replies.map(({ body }) => body["runId"])).size).toBe(1);
});

test("row 34: the id of another namespace is answered like one that nobody has", async () => {
  const other = await openGuardedGateways();
  const body = { type: "order", id: "theirs" };
  await other.call(ADMIN_KEY, { method: "POST", url: START, body });
  const bodyOf = async (id: string) => {
    const reply = await send({ url: `${START}/${id}` });
    expect(reply.status).toBe(404);
    return JSON.stringify({ ...reply.body, requestId: "" }).replaceAll(id, "id");
  };
  expect(await bodyOf("theirs")).toBe(await bodyOf("nobody"));
});

test("row 38: a cursor of another namespace opens nothing of it", async () => {
  const other = await openGuardedGateways();
  for (const id of ["canary-1", "canary-2"]) {
    await other.call(ADMIN_KEY, { method: "POST", url: START, body: { type: "order", id } });
  }
  const page = await other.call(ADMIN_KEY, { method: "GET", url: `${START}?limit=1` });
  const reply = await send({ url: `${START}?cursor=${String(page.body["cursor"])}` });
  expect(reply.status).toBe(200);
  expect(JSON.stringify(reply.body)).not.toContain("canary");
});

describe("every row that concerns a gateway", () => {
  const rows = [...Array.from({ length: 28 }, (_none, index) => index + 1), 32, 33, 34, 38, 39, 40];
  test.each(rows)("row %i has a test", async (row) => {
    const place = ELSEWHERE[row];
    if (place === undefined) {
      expect(cases.map((each) => each.row)).toContain(row);
      return;
    }
    const [file, title] = place;
    const text = await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
    expect(text.includes(title), `${file} has "${title}"`).toBe(true);
  });
});
