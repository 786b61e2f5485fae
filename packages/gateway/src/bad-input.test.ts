import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gateway } from "./create-gateway.js";
import { openUntouchableGateway } from "./testing/untouchable-gateway.js";

const MAX_BODY_BYTES = 4_096;

let gateway: Gateway;
let port: number;
let touched: string[];
beforeAll(async () => {
  ({ gateway, port, touched } = await openUntouchableGateway({ maxBodyBytes: MAX_BODY_BYTES }));
});
afterAll(() => gateway.close());

const START = "/api/v1/workflows";
const START_OR_SIGNAL = "/api/v1/workflows/start-or-signal";
const START_WITH_UPDATE = "/api/v1/workflows/start-with-update";
const SIGNAL = "/api/v1/workflows/w/signals/s";

async function post(url: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  touched.length = 0;
  const reply = await gateway.inject({
    method: "POST",
    url,
    payload,
    headers: { "content-type": "application/json", ...headers },
  });
  return { reply, problem: reply.json<Record<string, unknown>>() };
}

async function get(url: string) {
  touched.length = 0;
  const reply = await gateway.inject({ method: "GET", url });
  return { reply, problem: reply.json<Record<string, unknown>>() };
}

type Case = readonly [name: string, url: string, body: string | Buffer, status: number, code: string];
const LONE_SURROGATE = String.raw`"\ud800"`;

const cases: readonly Case[] = [
  ["a cut body", START, '{"a":', 400, "MALFORMED_JSON"],
  ["an empty body", START, "", 400, "MALFORMED_JSON"],
  ["bytes that are no UTF-8", START, Buffer.from([0x22, 0xff, 0x22]), 400, "MALFORMED_JSON"],
  ["a list", START, "[]", 400, "INVALID_ARGUMENT"],
  ["a text", START, '"x"', 400, "INVALID_ARGUMENT"],
  ["null", START, "null", 400, "INVALID_ARGUMENT"],
  ["a number", START, "7", 400, "INVALID_ARGUMENT"],
  ["a missing type", START, "{}", 400, "INVALID_ARGUMENT"],
  ["a body one byte over the limit", SIGNAL, `"${"x".repeat(MAX_BODY_BYTES - 1)}"`, 413, "PAYLOAD_TOO_LARGE"],
  ["a payload over its own limit", SIGNAL, `{"payload":"${"x".repeat(2_000)}"}`, 413, "PAYLOAD_TOO_LARGE"],
  ["nesting of 1,500 levels", SIGNAL, "[".repeat(1_500) + "]".repeat(1_500), 400, "INVALID_ARGUMENT"],
  ["__proto__", SIGNAL, '{"payload":{"__proto__":{"role":"admin"}}}', 400, "INVALID_ARGUMENT"],
  ["an escaped __proto__", SIGNAL, String.raw`{"payload":{"\u005f_proto__":1}}`, 400, "INVALID_ARGUMENT"],
  ["constructor.prototype", START, '{"constructor":{"prototype":{}}}', 400, "INVALID_ARGUMENT"],
  ["a key twice", START, '{"type":"a","type":"b"}', 400, "INVALID_ARGUMENT"],
  ["a lone surrogate in an id", START, `{"type":"t","id":${LONE_SURROGATE}}`, 400, "INVALID_ARGUMENT"],
  ["a lone surrogate in a payload", SIGNAL, `{"payload":${LONE_SURROGATE}}`, 400, "INVALID_ARGUMENT"],
  ["NUL in an id", START, String.raw`{"type":"t","id":"a\u0000b"}`, 400, "INVALID_ARGUMENT"],
  ["CR LF in an id", START, String.raw`{"type":"t","id":"a\r\nb"}`, 400, "INVALID_ARGUMENT"],
  ["a text direction override", START, String.raw`{"type":"t","id":"a\u202eb"}`, 400, "INVALID_ARGUMENT"],
  ["an id of 1,001 characters", START, `{"type":"t","id":"${"x".repeat(1_001)}"}`, 400, "INVALID_ARGUMENT"],
  ["an empty id", START, '{"type":"t","id":""}', 400, "INVALID_ARGUMENT"],
  ["an id of blanks", START, '{"type":"t","id":"  "}', 400, "INVALID_ARGUMENT"],
  ["an id that is a number", START, '{"type":"t","id":7}', 400, "INVALID_ARGUMENT"],
  ["an unsafe integer", SIGNAL, '{"payload":9007199254740993}', 400, "INVALID_ARGUMENT"],
  ["a number that overflows", SIGNAL, '{"payload":1e400}', 400, "INVALID_ARGUMENT"],
  [
    ...(["a started update without ids", START_WITH_UPDATE, '{"type":"t","update":{"name":"u"}}'] as const),
    ...([400, "INVALID_ARGUMENT"] as const),
  ],
  ["id and key together", START, '{"type":"t","id":"a","idempotencyKey":"k"}', 400, "INVALID_ARGUMENT"],
  ["no delivery id", START_OR_SIGNAL, '{"type":"t","signal":{"name":"s"}}', 400, "INVALID_ARGUMENT"],
  ["an operation id of another form", START, '{"type":"t","operationId":"again"}', 400, "INVALID_ARGUMENT"],
  [
    "an operation id without a name",
    START,
    '{"type":"t","operationId":"abcdefghijklmnopqrstuv"}',
    400,
    "INVALID_ARGUMENT",
  ],
  [
    "a wait for a query that is too long",
    "/api/v1/workflows/w/queries/q",
    '{"timeoutMs":60001}',
    400,
    "INVALID_ARGUMENT",
  ],
  [
    "a wait for nothing known",
    "/api/v1/workflows/w/updates/u",
    '{"updateId":"u","waitFor":"x"}',
    400,
    "INVALID_ARGUMENT",
  ],
  ["a reason for suspend", "/api/v1/workflows/w/suspend", '{"reason":"x"}', 400, "INVALID_ARGUMENT"],
  ["a signal name too long", `/api/v1/workflows/w/signals/${"n".repeat(129)}`, "{}", 400, "INVALID_ARGUMENT"],
];

test.each(cases)("%s is refused before the store is asked", async (_name, url, body, status, code) => {
  const { reply, problem } = await post(url, body);
  expect(problem).toMatchObject({ status, code, retryable: false });
  expect(reply.statusCode).toBe(status);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(touched).toEqual([]);
  expect(({} as Record<string, unknown>)["role"]).toBeUndefined();
});

// Who may signal may not end or pause executions of definitions; `/api` has routes for that.
test.each([
  ["/api/v1/workflows/w/signals/conductor.terminate", "{}"],
  ["/api/v1/workflows/w/updates/conductor.pause", "{}"],
  [START_OR_SIGNAL, '{"type":"t","id":"w","signal":{"name":"conductor.resume","signalId":"s"}}'],
  [START_WITH_UPDATE, '{"type":"t","id":"w","update":{"name":"conductor.skipTask","updateId":"u"}}'],
])("%s does not steer an execution", async (url, body) => {
  const { problem } = await post(url, body);
  expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT", details: { field: "name" } });
  expect(touched).toEqual([]);
});

describe("a refusal says what is wrong", () => {
  test("an unknown field is named", async () => {
    const { problem } = await post(START, '{"type":"t","statuz":"x"}');
    expect(problem).toMatchObject({ code: "INVALID_ARGUMENT", details: { field: "statuz" } });
    expect(problem["detail"]).toContain("statuz");
  });

  test("an unknown field inside a field is named by its path", async () => {
    const { problem } = await post(START_OR_SIGNAL, '{"type":"t","signal":{"name":"s","data":1}}');
    expect(problem["details"]).toEqual({ field: "signal.data" });
  });

  test("a wrong value is named by its path", async () => {
    const { problem } = await post(START_OR_SIGNAL, '{"type":"t","signal":{"name":1}}');
    expect(problem["details"]).toEqual({ field: "signal.name" });
  });
});

describe("the media type", () => {
  const body = '{"type":"t"}';
  test.each([
    ["text/plain", { "content-type": "text/plain" }],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["a compressed body", { "content-encoding": "br" }],
  ])("%s is refused with 415", async (_name, headers) => {
    const { problem } = await post(START, body, headers);
    expect(problem).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    expect(touched).toEqual([]);
  });

  test("a POST without body and type is refused, because any web page can send it", async () => {
    touched.length = 0;
    const reply = await gateway.inject({ method: "POST", url: "/api/v1/workflows/w/terminate" });
    expect(reply.json()).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    expect(touched).toEqual([]);
  });

  test("a charset beside the type is taken", async () => {
    const { problem } = await post(START, "{}", { "content-type": "application/json; charset=utf-8" });
    expect(problem["code"]).toBe("INVALID_ARGUMENT");
  });
});

describe("the idempotency key", () => {
  test("a header that differs from the body is refused", async () => {
    const { problem } = await post(START, '{"type":"t","idempotencyKey":"a"}', { "idempotency-key": "b" });
    expect(problem).toMatchObject({ code: "INVALID_ARGUMENT", details: { field: "idempotencyKey" } });
  });

  test.each(["ключ", "k".repeat(10_240), "k".repeat(118), "", "a\tb"])(
    "a header %s is refused",
    async (key) => {
      for (const [url, body] of [
        [START, '{"type":"t"}'],
        [SIGNAL, "{}"],
        ["/api/v1/workflows/w/updates/u", "{}"],
        ["/api/v1/workflows/w/terminate", "{}"],
      ] as const) {
        const { problem } = await post(url, body, { "idempotency-key": key });
        expect(problem["code"]).toBe("INVALID_ARGUMENT");
        expect(touched).toEqual([]);
      }
    },
  );

  test("one that nothing would heed is refused rather than ignored", async () => {
    const { problem } = await post("/api/v1/keys", '{"label":"x","role":"reader"}', {
      "idempotency-key": "k",
    });
    expect(problem).toMatchObject({ status: 400, details: { field: "idempotency-key" } });
  });
});

describe("the query string", () => {
  test.each([
    "limit=0",
    "limit=-1",
    "limit=1e9",
    "limit=1000000000",
    "limit=",
    "limit=0x10",
    "limit=5&limit=6",
    "offset=-1",
    "offset=10001",
    "cursor=forged",
    "cursor=W10",
    "offset=1&cursor=W10",
    "status=",
    "status=open",
    "status=a%3D1%27+OR+%271%27%3D%271",
    "order=asc",
  ])("list refuses ?%s", async (query) => {
    const { problem } = await get(`/api/v1/workflows?${query}`);
    expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
    expect(touched).toEqual([]);
  });

  test.each(["waitMs=-1", "waitMs=60001", "waitMs=soon", "wait=1"])("result refuses ?%s", async (query) => {
    const { problem } = await get(`/api/v1/workflows/w/result?${query}`);
    expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
    expect(touched).toEqual([]);
  });
});

describe("the path", () => {
  test("an id with a broken percent sequence is refused", async () => {
    const { reply, problem } = await get("/api/v1/workflows/%ED%A0%80");
    expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
    expect(reply.headers["x-request-id"]).toBe(problem["requestId"]);
  });

  test("an id of 2,400 bytes is refused and not taken for another route", async () => {
    const { problem } = await get(`/api/v1/workflows/${"%F0%9F%92%A1".repeat(600)}`);
    expect(problem).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
  });

  test.each(["/nope", "/api/v1/workflows/a/b/c", "/api/v2/workflows"])("%s is no route", async (url) => {
    const { problem } = await get(url);
    expect(problem).toMatchObject({ status: 404, code: "ROUTE_NOT_FOUND", instance: url });
  });

  test("another method of a known path is refused with those it takes", async () => {
    const { reply, problem } = await post("/livez", "{}");
    expect(problem).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
    expect(reply.headers.allow).toBe("GET, HEAD");
  });
});

test("an error nobody foresaw tells no text and no stack, and may be repeated", async () => {
  const { reply, problem } = await post(START, '{"type":"t"}');
  expect(touched).toEqual(["start"]);
  expect(problem).toMatchObject({ status: 500, code: "INTERNAL", retryable: true });
  expect(reply.body).not.toContain("the store was asked");
  expect(reply.headers["retry-after"]).toBe("1");
});

describe("over a real connection", () => {
  function send(headers: Record<string, string | number>, chunks: readonly string[], end: boolean) {
    return new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
      const outgoing = httpRequest(
        { port, path: SIGNAL, method: "POST", headers: { "content-type": "application/json", ...headers } },
        (incoming) => {
          incoming.resume();
          resolve({ status: incoming.statusCode, connection: incoming.headers.connection });
          outgoing.destroy();
        },
      );
      outgoing.on("error", reject);
      for (const chunk of chunks) outgoing.write(chunk);
      if (end) outgoing.end();
      else outgoing.flushHeaders();
    });
  }

  test("a promised length over the limit is refused before the body is sent", async () => {
    const reply = await send({ "content-length": MAX_BODY_BYTES + 1 }, [], false);
    expect(reply).toEqual({ status: 413, connection: "close" });
  });

  test("a chunked body over the limit is refused and its connection closed", async () => {
    const reply = await send({ "transfer-encoding": "chunked" }, ["x".repeat(MAX_BODY_BYTES + 1)], false);
    expect(reply).toEqual({ status: 413, connection: "close" });
  });
});
