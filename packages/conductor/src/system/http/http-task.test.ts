import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EgressPolicy, type ResolveAll } from "../egress/egress-policy.js";
import { HttpSender, type HttpOptions } from "./http-sender.js";
import { httpInputFault, runHttpTask } from "./http-task.js";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
type Handler = (request: Seen, response: ServerResponse) => void;

/** A real server on loopback that remembers what it was asked. */
class Stub {
  readonly seen: Seen[] = [];
  connections = 0;
  readonly #server: Server;

  constructor(handle: Handler) {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (part: string) => (body += part));
      request.on("end", () => {
        const seen = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body,
        };
        this.seen.push(seen);
        handle(seen, response);
      });
    }).on("connection", () => (this.connections += 1));
  }
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Names of the tests: all of `.test` are this machine. */
const resolve: ResolveAll = (host, _options, callback) => {
  if (host.endsWith(".test")) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(new Error(`${host} was looked up`), []);
};

const answers = new Map<string, Handler>();
const stub = new Stub((request, response) => {
  const handle = answers.get(request.path.split("?")[0] ?? "");
  if (handle === undefined) response.writeHead(404).end("nothing here");
  else handle(request, response);
});
/** What nobody may reach. */
const secret = new Stub((_request, response) => response.end("SECRET"));
const senders: HttpSender[] = [];

beforeAll(async () => {
  await stub.listen();
  await secret.listen();
});
afterAll(async () => {
  await Promise.all(senders.map((sender) => sender.close()));
  await stub.close();
  await secret.close();
});

function senderWith(options: HttpOptions = {}): HttpSender {
  const sender = new HttpSender({
    allowedHosts: [`api.test:${stub.port}`],
    resolve,
    deadlineMs: 20_000,
    ...options,
  });
  senders.push(sender);
  return sender;
}
/** Sends to the stub, under the name that is allowed. */
function call(path: string, rest: Record<string, unknown> = {}, options: HttpOptions = {}) {
  const uri = `http://api.test:${stub.port}${path}`;
  return runHttpTask(senderWith(options), {
    http_request: { uri, method: "GET", readTimeOut: 20_000, ...rest },
  });
}

test("a 2xx answer completes the task with status, headers and the body as JSON", async () => {
  answers.set("/orders", (_request, response) => {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.writeHead(201, { "content-type": "application/json" }).end('{"id":7,"tags":["x"]}');
  });
  const result = await call("/orders?x=1", { method: "POST", body: { n: 1 }, headers: { "X-Key": "k" } });
  expect(result).toEqual({
    status: "COMPLETED",
    outputData: {
      response: {
        statusCode: 201,
        reasonPhrase: "Created",
        headers: expect.objectContaining({
          "content-type": ["application/json"],
          "set-cookie": ["a=1", "b=2"],
        }) as object,
        body: { id: 7, tags: ["x"] },
      },
    },
  });
  expect(stub.seen.at(-1)).toMatchObject({
    method: "POST",
    path: "/orders?x=1",
    body: '{"n":1}',
    headers: { host: `api.test:${stub.port}`, "x-key": "k", accept: "application/json" },
  });
});

test.each<[string, unknown]>([
  ["[1,2]", [1, 2]],
  ["4.5", 4.5],
  ['"text"', "text"],
  ["true", "true"],
  ["null", "null"],
  ["no json {", "no json {"],
  ["", null],
])("body %j is seen as %j", async (text, body) => {
  answers.set("/body", (_request, response) => response.end(text));
  expect(await call("/body")).toMatchObject({ status: "COMPLETED", outputData: { response: { body } } });
});

test.each([404, 503, 302])(
  "status %i fails the task with the same output and a reason",
  async (statusCode) => {
    answers.set("/status", (_request, response) => {
      response.writeHead(statusCode, { location: `http://127.0.0.1:${secret.port}/` }).end('{"why":"so"}');
    });
    expect(await call("/status")).toMatchObject({
      status: "FAILED",
      reasonForIncompletion: expect.stringMatching(
        new RegExp(`^Failed to invoke HTTP task due to: ${statusCode} .+: "\\{`),
      ) as string,
      outputData: { response: { statusCode, body: { why: "so" } } },
    });
  },
);

test("without an answer the response is the reason", async () => {
  answers.set("/cut", (_request, response) => response.destroy());
  const result = await call("/cut");
  expect(result).toMatchObject({
    status: "FAILED",
    reasonForIncompletion: expect.stringContaining("due to: ") as string,
  });
  expect(result.outputData["response"]).toBe(
    "reasonForIncompletion" in result && result.reasonForIncompletion,
  );
  expect(stub.seen.filter(({ path }) => path === "/cut")).toHaveLength(1);
});

test("an answer that does not come in time fails the task, as does one that stops in the middle or drips", async () => {
  answers.set("/silent", () => undefined);
  answers.set("/stalls", (_request, response) => void response.write("{"));
  answers.set("/drips", (_request, response) => {
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  });
  for (const path of ["/silent", "/stalls"]) {
    expect(await call(path, { readTimeOut: "100" })).toMatchObject({
      status: "FAILED",
      reasonForIncompletion: expect.stringMatching(/Timeout/) as string,
    });
  }
  expect(await call("/drips", {}, { deadlineMs: 400 })).toMatchObject({
    status: "FAILED",
    reasonForIncompletion: expect.stringMatching(/Timeout/) as string,
  });
});

test("a cancelled activity stops the call", async () => {
  answers.set("/silent", () => undefined);
  const controller = new AbortController();
  const uri = `http://api.test:${stub.port}/silent`;
  const running = runHttpTask(senderWith(), { uri, method: "GET", readTimeOut: 60_000 }, controller.signal);
  const refused = expect(running).rejects.toThrow("cancelled");
  await expect.poll(() => stub.seen.at(-1)?.path).toBe("/silent");
  controller.abort(new Error("cancelled"));
  await refused;
});

test.each([
  ...[
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "127.1",
    "017700000001",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "127.0.0.1.",
  ],
  ...[
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
  ],
  ...[
    "[2002:7f00:1::]",
    "169.254.169.254",
    "2852039166",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "10.0.0.1",
    "inner.test",
  ],
])("%s is blocked before a connection is made", async (host) => {
  // Every port is allowed: it is the address that is refused.
  const sender = senderWith({ allowedHosts: [], allowedPorts: [secret.port] });
  const result = await runHttpTask(sender, {
    uri: `http://${host}:${secret.port}/latest/meta-data/`,
    method: "GET",
  });
  expect(result).toMatchObject({
    status: "FAILED_WITH_TERMINAL_ERROR",
    reasonForIncompletion: expect.stringContaining("SsrfBlockedError: ") as string,
  });
  expect(secret.connections).toBe(0);
});

test("names that the system resolves to this machine are blocked", async () => {
  for (const host of ["localhost", "LOCALHOST"]) {
    const sender = new HttpSender({ allowedPorts: [secret.port] });
    senders.push(sender);
    expect(await runHttpTask(sender, { uri: `http://${host}:${secret.port}/`, method: "GET" })).toMatchObject(
      {
        status: "FAILED_WITH_TERMINAL_ERROR",
        reasonForIncompletion: expect.stringContaining("no public address") as string,
      },
    );
  }
  expect(secret.connections).toBe(0);
});

test("a name with one public and one private address is blocked", async () => {
  const both: ResolveAll = (_host, _options, callback) =>
    callback(null, [
      { address: "93.184.215.14", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ]);
  const sender = senderWith({ allowedHosts: [], allowedPorts: [secret.port], resolve: both });
  expect(await runHttpTask(sender, { uri: `http://both.test:${secret.port}/`, method: "GET" })).toMatchObject(
    {
      status: "FAILED_WITH_TERMINAL_ERROR",
    },
  );
  expect(secret.connections).toBe(0);
});

test("a name that changes its address is judged by the one that is connected to", async () => {
  let lookups = 0;
  const rebinding: ResolveAll = (_host, _options, callback) => {
    // Allowed to the first who looks, which would be a check before the call; private from then on.
    callback(null, [{ address: lookups++ === 0 ? "127.0.0.2" : "127.0.0.1", family: 4 }]);
  };
  const sender = senderWith({
    allowedHosts: [],
    allowedPorts: [secret.port],
    allowedNetworks: ["127.0.0.2/32"],
    resolve: rebinding,
  });
  const task = { uri: `http://rebinding.test:${secret.port}/`, method: "GET" };
  // One look-up for one call: it goes where that look-up said, where nobody listens.
  expect(await runHttpTask(sender, task)).toMatchObject({ status: "FAILED" });
  expect(lookups).toBe(1);
  expect(await runHttpTask(sender, task)).toMatchObject({ status: "FAILED_WITH_TERMINAL_ERROR" });
  expect(secret.connections).toBe(0);
});

test.each([301, 302, 303, 307, 308])("a redirect %i inward is blocked, off or on", async (statusCode) => {
  answers.set("/inward", (_request, response) => {
    response.writeHead(statusCode, { location: `http://127.0.0.1:${secret.port}/` }).end();
  });
  expect(await call("/inward")).toMatchObject({ status: "FAILED", outputData: { response: { statusCode } } });
  for (const allowedPorts of [[80], [80, secret.port]]) {
    expect(await call("/inward", {}, { maxRedirects: 3, allowedPorts })).toMatchObject({
      status: "FAILED_WITH_TERMINAL_ERROR",
      reasonForIncompletion: expect.stringContaining("SsrfBlockedError") as string,
    });
  }
  expect(secret.connections).toBe(0);
});

test.each([
  "file:///etc/passwd",
  "gopher://api.test/",
  "http://user:word@api.test/",
  "//[::1]:6379/",
  "http://api.test:6379/",
])("a redirect to %s is refused", async (location) => {
  answers.set("/odd", (_request, response) => response.writeHead(302, { location }).end());
  const result = await call("/odd", {}, { maxRedirects: 3 });
  expect(result.status).not.toBe("COMPLETED");
  expect(secret.connections).toBe(0);
});

test("redirects within an origin keep headers, those across drop all that the task set", async () => {
  const other = await new Stub((_request, response) => response.end("[]")).listen();
  answers.set("/one", (_request, response) => response.writeHead(307, { location: "/two" }).end());
  answers.set("/two", (_request, response) => {
    response.writeHead(307, { location: `http://other.test:${other.port}/three` }).end();
  });
  const headers = { Authorization: "Bearer t", Cookie: "c=1", "X-Api-Key": "k" };
  const options = {
    maxRedirects: 2,
    allowedHosts: [`api.test:${stub.port}`, `other.test:${other.port}`],
  };
  expect(await call("/one", { method: "POST", body: { n: 1 }, headers }, options)).toMatchObject({
    status: "COMPLETED",
  });
  expect(stub.seen.at(-1)).toMatchObject({
    path: "/two",
    headers: { authorization: "Bearer t", "x-api-key": "k" },
  });
  expect(other.seen).toMatchObject([{ method: "POST", body: '{"n":1}' }]);
  expect(Object.keys(other.seen[0]?.headers ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/authorization|cookie|x-api-key/)]),
  );
  await other.close();
});

test("a 303 becomes a GET, and more redirects than allowed are not followed", async () => {
  answers.set("/form", (_request, response) => response.writeHead(303, { location: "/done" }).end());
  answers.set("/done", (_request, response) => response.end("{}"));
  answers.set("/round", (_request, response) => response.writeHead(302, { location: "/round" }).end());
  expect(await call("/form", { method: "POST", body: "x" }, { maxRedirects: 1 })).toMatchObject({
    status: "COMPLETED",
  });
  expect(stub.seen.at(-1)).toMatchObject({ method: "GET", path: "/done", body: "" });
  const before = stub.seen.length;
  expect(await call("/round", {}, { maxRedirects: 3 })).toMatchObject({ status: "FAILED" });
  expect(stub.seen.length - before).toBe(4);
  expect(() => new HttpSender({ maxRedirects: 4 })).toThrow("maxRedirects");
});

test("a compressed answer is read, and one that inflates beyond the limit is cut off", async () => {
  const big = Buffer.alloc(64 * 1024 * 1024);
  answers.set("/gzip", (_request, response) => {
    response.setHeader("content-encoding", "gzip").end(gzipSync('{"a":1}'));
  });
  const bombs = {
    gzip: gzipSync(big),
    br: brotliCompressSync(big, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  };
  for (const [encoding, bomb] of Object.entries(bombs)) {
    answers.set(`/${encoding}-bomb`, (_request, response) => {
      response.setHeader("content-encoding", encoding).end(bomb);
    });
  }
  answers.set("/unknown", (_request, response) => response.setHeader("content-encoding", "zstd").end("x"));
  answers.set("/liar", (_request, response) => response.setHeader("content-encoding", "gzip").end("no gzip"));
  expect(await call("/gzip")).toMatchObject({ outputData: { response: { body: { a: 1 } } } });
  for (const encoding of Object.keys(bombs)) {
    expect(await call(`/${encoding}-bomb`)).toMatchObject({
      status: "FAILED_WITH_TERMINAL_ERROR",
      reasonForIncompletion: expect.stringContaining("more than 1048576 bytes") as string,
    });
  }
  for (const path of ["/unknown", "/liar"]) expect(await call(path)).toMatchObject({ status: "FAILED" });
});

test("an endless body and endless headers are cut off", async () => {
  let sent = 0;
  answers.set("/endless", (_request, response) => {
    const part = Buffer.alloc(65_536, "x");
    const push = (): void => {
      while (!response.destroyed && response.write(part)) sent += part.length;
      if (!response.destroyed) response.once("drain", push);
    };
    push();
  });
  answers.set("/headers", (_request, response) => response.setHeader("x-long", "x".repeat(40_000)).end("{}"));
  expect((await call("/endless")).status).not.toBe("COMPLETED");
  expect(sent).toBeLessThan(64 * 1024 * 1024);
  expect(await call("/headers")).toMatchObject({ status: "FAILED" });
});

test("a server that never shakes hands fails the task within its time to connect", async () => {
  const sockets = new Set<Socket>();
  const mute = createTcpServer((socket) => void sockets.add(socket)).listen(0, "127.0.0.1");
  await new Promise((listening) => mute.once("listening", listening));
  const { port } = mute.address() as AddressInfo;
  const sender = senderWith({ allowedHosts: [`mute.test:${port}`] });
  expect(
    await runHttpTask(sender, { uri: `https://mute.test:${port}/`, method: "GET", connectionTimeOut: 150 }),
  ).toMatchObject({
    status: "FAILED",
    reasonForIncompletion: expect.stringContaining("ConnectTimeoutError") as string,
  });
  for (const socket of sockets) socket.destroy();
  await new Promise((closed) => mute.close(closed));
});

test("with a proxy everything goes through it, but for what is refused by its looks", async () => {
  const tunnels: string[] = [];
  const proxy = createServer()
    .on("connect", (request: IncomingMessage, socket: Socket) => {
      tunnels.push(request.url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n", () => socket.destroy());
    })
    .listen(0, "127.0.0.1");
  await new Promise((listening) => proxy.once("listening", listening));
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const sender = senderWith({ proxyUrl });
  for (const host of ["127.0.0.1", "169.254.169.254", "metadata.google.internal", "api.test:6379"]) {
    expect(await runHttpTask(sender, { uri: `http://${host}/`, method: "GET" })).toMatchObject({
      status: "FAILED_WITH_TERMINAL_ERROR",
    });
  }
  expect(tunnels).toEqual([]);
  await runHttpTask(sender, { uri: "http://far.example/", method: "GET" });
  expect(tunnels).toEqual(["far.example:80"]);
  proxy.closeAllConnections();
  await new Promise((closed) => proxy.close(closed));
});

test("faults of a definition's HTTP task are known before it runs", () => {
  const policy = new EgressPolicy();
  const faultOf = (inputParameters: Record<string, unknown>) => httpInputFault(inputParameters, policy)?.path;
  expect(faultOf({ http_request: { uri: "http://2130706433/", method: "GET" } })).toBe("http_request.uri");
  expect(faultOf({ uri: "http://[::ffff:7f00:1]/" })).toBe("uri");
  expect(faultOf({ uri: "file:///etc/passwd" })).toBe("uri");
  expect(faultOf({ uri: "http://a.example:6379/" })).toBe("uri");
  expect(faultOf({ uri: "http://u@a.example/" })).toBe("uri");
  expect(faultOf({ uri: "http://a.example/", method: "TRACE" })).toBe("method");
  for (const fine of [
    "https://a.example/${workflow.input.x}",
    "${workflow.input.uri}",
    "http://8.8.8.8/",
    7,
  ]) {
    expect(faultOf({ uri: fine, method: "${m}" })).toBeUndefined();
  }
  expect(faultOf({ http_request: "${workflow.input.request}" })).toBeUndefined();
});
