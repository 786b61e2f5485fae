// Bytes that no HTTP client sends: what a proxy could read otherwise than we do, and what only costs us.
import { waitFor } from "@heddle/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { RawConnection } from "./testing/raw-connection.js";
import { openUntouchableGateway, type UntouchableGateway } from "./testing/untouchable-gateway.js";

const TIMEOUT_MS = 400;

let open: UntouchableGateway;
beforeAll(async () => {
  open = await openUntouchableGateway({
    headersTimeoutMs: TIMEOUT_MS,
    requestTimeoutMs: 2 * TIMEOUT_MS,
    keepAliveTimeoutMs: TIMEOUT_MS,
  });
});
afterAll(() => open.gateway.close());

function connection(): RawConnection {
  const raw = new RawConnection(open.port);
  onTestFinished(() => raw.destroy());
  return raw;
}

const PATH = "/api/v1/workflows";
const HEAD = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
const START = '{"type":"order","id":"w"}';
const GET = "GET /livez HTTP/1.1\r\nHost: a\r\n";

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly problem: Record<string, unknown>;
}

/** The one answer that a connection got. Fails when there are several: the second could be taken for another's. */
function answerIn(received: string): Answer {
  const [head = "", ...body] = received.split("\r\n\r\n");
  expect(received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  const text = body.join("\r\n\r\n");
  return {
    status: Number(head.split(" ")[1]),
    head: head.toLowerCase(),
    problem: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

async function expectRefusal(received: string, status: number, code: string): Promise<void> {
  const answer = answerIn(received);
  expect(answer.problem).toMatchObject({ status, code });
  expect(answer.head).toContain(`x-request-id: ${String(answer.problem["requestId"])}`);
  expect(answer.status).toBe(status);
  expect(answer.head).toContain("content-type: application/problem+json");
  expect(answer.head).toContain("connection: close");
  expect(answer.head).toContain("x-content-type-options: nosniff");
  expect(received).not.toMatch(/HPE_|node:|at .*\.js/);
  expect(open.touched).toEqual([]);
  expect((await open.gateway.inject("/livez")).statusCode).toBe(200);
}

type Case = readonly [name: string, bytes: string, status: number, code: string];

const cases: readonly Case[] = [
  [
    "Transfer-Encoding beside Content-Length",
    `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n${START}\r\n0\r\n\r\n`,
    ...([400, "MALFORMED_REQUEST"] as const),
  ],
  [
    "Content-Length twice",
    `${HEAD}Content-Length: 25\r\nContent-Length: 4\r\n\r\n${START}`,
    ...([400, "MALFORMED_REQUEST"] as const),
  ],
  ["a Content-Length with a sign", `${HEAD}Content-Length: +25\r\n\r\n${START}`, 400, "MALFORMED_REQUEST"],
  [
    "an encoding that is almost chunked",
    `${HEAD}Transfer-Encoding: xchunked\r\n\r\n19\r\n${START}\r\n0\r\n\r\n`,
    ...([400, "MALFORMED_REQUEST"] as const),
  ],
  ["line feeds without carriage returns", "GET /livez HTTP/1.1\nHost: a\n\n", 400, "MALFORMED_REQUEST"],
  ["a folded header", `${GET}X-A: b\r\n c\r\n\r\n`, 400, "MALFORMED_REQUEST"],
  ["a blank before the colon", `${HEAD}Content-Length : 25\r\n\r\n${START}`, 400, "MALFORMED_REQUEST"],
  ["a header without a name", `${GET}: x\r\n\r\n`, 400, "MALFORMED_REQUEST"],
  ["a NUL in a header", `${GET}X-A: b\0c\r\n\r\n`, 400, "MALFORMED_REQUEST"],
  [
    "a chunk size that is none",
    `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n${START}\r\n0\r\n\r\n`,
    ...([400, "MALFORMED_REQUEST"] as const),
  ],
  [
    "a chunk longer than it says",
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n${START}\r\n0\r\n\r\n`,
    ...([400, "MALFORMED_REQUEST"] as const),
  ],
  [
    "a chunk extension without end",
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n19;${"x".repeat(20_000)}\r\n${START}\r\n0\r\n\r\n`,
    ...([413, "PAYLOAD_TOO_LARGE"] as const),
  ],
  ["a header of 17 kB", `${GET}X-A: ${"x".repeat(17_000)}\r\n\r\n`, 431, "HEADERS_TOO_LARGE"],
  ["many headers of 17 kB in all", `${GET}${"X-A: bcdefgh\r\n".repeat(1_700)}\r\n`, 431, "HEADERS_TOO_LARGE"],
  ["a path of 20 kB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, "HEADERS_TOO_LARGE"],
  ["a method of nobody", "BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "MALFORMED_REQUEST"],
  ["a method in small letters", "get /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, "MALFORMED_REQUEST"],
  ["another protocol", "EHLO example.org\r\n", 400, "MALFORMED_REQUEST"],
  ["a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01", 400, "MALFORMED_REQUEST"],
  ["HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "MALFORMED_REQUEST"],
  ["a version that is none", "GET /livez HTTP/9.9\r\nHost: a\r\n\r\n", 400, "MALFORMED_REQUEST"],
];

test.each(cases)("%s is refused, and the connection ends", async (_name, bytes, status, code) => {
  await expectRefusal(await connection().send(bytes).closed, status, code);
});

const CLOSING = `${GET}Connection: close\r\n`;
const understood: readonly Case[] = [
  ["two Hosts", `${CLOSING}Host: b\r\n\r\n`, 400, "INVALID_ARGUMENT"],
  ["the same Host twice", `${CLOSING}HOST: a\r\n\r\n`, 400, "INVALID_ARGUMENT"],
  [
    "two Hosts and no route",
    "GET /nowhere HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    ...([400, "INVALID_ARGUMENT"] as const),
  ],
  ["no Host", "GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "INVALID_ARGUMENT"],
  ["101 headers", `${CLOSING}${"X: y\r\n".repeat(99)}\r\n`, 400, "INVALID_ARGUMENT"],
  ["2,001 headers", `${CLOSING}${"X: y\r\n".repeat(1_999)}\r\n`, 400, "INVALID_ARGUMENT"],
  [
    "a path over 8 kB",
    `GET /${"x".repeat(8_200)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    ...([414, "PATH_TOO_LONG"] as const),
  ],
  [
    "a query over 8 kB",
    `GET ${PATH}?type=${"x".repeat(8_200)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    ...([414, "PATH_TOO_LONG"] as const),
  ],
  [
    "less than Content-Length says",
    `${HEAD}Connection: close\r\nContent-Length: 100\r\n\r\n${START}`,
    ...([408, "REQUEST_TIMEOUT"] as const),
  ],
];

test.each(understood)("%s is refused", async (_name, bytes, status, code) => {
  await expectRefusal(await connection().send(bytes).closed, status, code);
});

test("100 headers are taken", async () => {
  const received = await connection().send(`${CLOSING}${"X: y\r\n".repeat(97)}\r\n`).closed;
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
});

describe("a method that a path does not have", () => {
  test.each([
    ["DELETE", PATH, "GET, HEAD, POST"],
    ["PUT", `${PATH}/a%2Fb`, "GET, HEAD"],
    ["GET", `${PATH}/w/signals/s`, "POST"],
    ["PATCH", `${PATH}/count`, "GET, HEAD"],
    ["POST", "/livez", "GET, HEAD"],
    ["OPTIONS", PATH, "GET, HEAD, POST"],
    ["TRACE", "/livez", "GET, HEAD"],
    ["PROPFIND", PATH, "GET, HEAD, POST"],
  ])("%s %s is 405 and names those it has", async (method, path, allowed) => {
    const raw = connection().send(`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const received = await raw.closed;
    await expectRefusal(received, 405, "METHOD_NOT_ALLOWED");
    expect(answerIn(received).head).toContain(`\r\nallow: ${allowed.toLowerCase()}\r\n`);
  });

  test("CONNECT is answered by nothing but the end of the connection", async () => {
    expect(await connection().send("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n").closed).toBe("");
  });
});

describe("a caller that is slow", () => {
  test.each([
    ["to begin", ""],
    ["with its request line", "GET /liv"],
    ["with its headers", `${GET}X-A: `],
    ["with its body", `${HEAD}Content-Length: 25\r\n\r\n{"ty`],
    ["with its chunks", `${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\n{"ty\r\n`],
  ])("%s is told so in bounded time", async (_name, bytes) => {
    const startedAtMs = performance.now();
    const received = await connection().send(bytes).closed;
    await expectRefusal(received, 408, "REQUEST_TIMEOUT");
    expect(answerIn(received).problem["retryable"]).toBe(true);
    expect(performance.now() - startedAtMs).toBeLessThan(10 * TIMEOUT_MS);
  });

  test("with single bytes, each in time, is not waited for longer", async () => {
    const raw = connection().send(GET);
    const dripping = setInterval(() => raw.send("X"), TIMEOUT_MS / 8);
    onTestFinished(() => clearInterval(dripping));
    await expectRefusal(await raw.closed, 408, "REQUEST_TIMEOUT");
  });

  test("whose request was refused as late does not have it carried out by sending the rest", async () => {
    const body = '{"type":"order","id":"late"}';
    const raw = connection().send(`${HEAD}Content-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
    await waitFor(() => raw.received.includes("REQUEST_TIMEOUT"), { description: "it is refused" });
    raw.send(body.slice(-1));
    await raw.closed;
    expect(open.touched).toEqual([]);
  });
});

describe("a connection that stays open", () => {
  test("is closed when nothing more comes", async () => {
    const received = await connection().send(`${GET}\r\n`).closed;
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("answers requests that came at once one by one, in their order", async () => {
    const requests = Array.from({ length: 50 }, (_none, index) => `${GET}X-Request-Id: r-${index}\r\n\r\n`);
    const received = await connection().send(requests.join("")).closed;
    const ids = [...received.matchAll(/x-request-id: r-(\d+)/gi)].map(([, index]) => Number(index));
    expect(ids).toEqual(requests.map((_none, index) => index));
  });

  test("does not take what follows a refused body for a request", async () => {
    const smuggled = `POST ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const raw = connection().send(
      `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    );
    await expectRefusal(await raw.closed, 400, "MALFORMED_REQUEST");
  });

  test("says nothing of broken bytes while the request before them is served", async () => {
    // The refusal of the second would be taken for the answer to the first, which was carried out.
    const raw = connection().send(`${HEAD}Content-Length: ${START.length}\r\n\r\n${START}BROKEN\r\n\r\n`);
    expect(await raw.closed).not.toContain("MALFORMED_REQUEST");
    open.touched.splice(0);
  });
});

test("what is refused before it is a request leaves one line in the log, without what was sent", async () => {
  const received = await connection().send(`${GET}X-Secret: canary\x1b[31m\r\n y\r\n\r\n`).closed;
  const { requestId } = answerIn(received).problem;
  const lines = open.logLines.filter((line) => line.includes(String(requestId)));
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("canary");
});
