import {
  OutcomeUnknownError,
  UnavailableError,
  UnexpectedReplyError,
  WorkflowNotFoundError,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { type ClientOptions, resolveOptions } from "../client-options.js";
import { type Call, Transport } from "./transport.js";

type Answer = Response | Error;

/** A network that gives these answers one after the other, the last one for ever. */
function network(answers: readonly Answer[], options: Partial<ClientOptions> = {}) {
  const sent: { url: string; body: unknown; headers: Headers }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    sent.push({ url, body: init.body, headers: new Headers(init.headers) });
    if (answer instanceof Response) return answer.clone();
    throw answer ?? new Error("no answer");
  }) as typeof globalThis.fetch;
  const transport = new Transport(resolveOptions({ url: "http://gateway/base/", fetch, ...options }));
  return { transport, sent };
}

const done = Response.json({ id: "w" }, { status: 202 });
const broken = new TypeError("fetch failed", {
  cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
});
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  Response.json({ code, detail: "why", details: {}, requestId: "r" }, { status, headers });
const call: Call = { method: "POST", path: "/signals", body: { signalId: "s" }, applies: "once" };
const few = { retry: { attempts: 2 } };

test("a broken connection and a refusal for the moment are followed by the same request", async () => {
  const { transport, sent } = network([broken, problem(429, "INBOX_FULL"), done], { apiKey: "key" });
  const { status, body } = await transport.send(call);
  expect([status, body.text("id")]).toEqual([202, "w"]);
  expect(sent.map(({ url }) => url)).toEqual(Array(3).fill("http://gateway/base/signals"));
  expect(new Set(sent.map((each) => each.body))).toEqual(new Set(['{"signalId":"s"}']));
  expect(sent[0]?.headers.get("authorization")).toBe("Bearer key");
});

test("a refusal for good is thrown at once", async () => {
  const { transport, sent } = network([problem(404, "WORKFLOW_NOT_FOUND"), done]);
  await expect(transport.send(call)).rejects.toThrow(WorkflowNotFoundError);
  expect(sent).toHaveLength(1);
});

test("when a try may have been applied, the outcome stays unknown whatever refuses the last one", async () => {
  const { transport } = network([broken, problem(503, "UNAVAILABLE")], few);
  await expect(transport.send(call)).rejects.toThrow(OutcomeUnknownError);
});

test("a call without ids of its own stays unknown also after a refusal for good; one with ids does not", async () => {
  const answers = [broken, problem(409, "WORKFLOW_NOT_RUNNING")];
  const again = network(answers).transport.send({ ...call, applies: "again" });
  await expect(again).rejects.toThrow(OutcomeUnknownError);
  await expect(network(answers).transport.send(call)).rejects.toThrow("why");
});

test("a call that only reads has never an unknown outcome", async () => {
  const { transport } = network([broken], few);
  await expect(transport.send({ ...call, applies: "nothing" })).rejects.toThrow(UnavailableError);
});

test("nothing is tried again that Retry-After puts beyond the time to try, or past the attempts", async () => {
  const late = network([problem(503, "UNAVAILABLE", { "retry-after": "60" }), done]);
  await expect(late.transport.send(call)).rejects.toThrow(UnavailableError);
  expect(late.sent).toHaveLength(1);
  const once = network([broken, done], { retry: { attempts: 1 } });
  await expect(once.transport.send(call)).rejects.toThrow(OutcomeUnknownError);
  expect(once.sent).toHaveLength(1);
});

test("what is no JSON is no gateway", async () => {
  const { transport } = network([new Response("<h1>Welcome</h1>")]);
  await expect(transport.send(call)).rejects.toThrow(UnexpectedReplyError);
});

test("an abort between two tries ends the call with its reason", async () => {
  const stop = new AbortController();
  const { transport, sent } = network([problem(503, "UNAVAILABLE", { "retry-after": "20" })]);
  const answer = transport.send({ ...call, signal: stop.signal });
  const reason = new Error("no patience");
  queueMicrotask(() => stop.abort(reason));
  await expect(answer).rejects.toBe(reason);
  expect(sent.length).toBeLessThanOrEqual(1);
});

test.each<[string, Partial<ClientOptions>]>([
  ["url", { url: "gateway" }],
  ["url", { url: "ftp://gateway" }],
  ["url", { url: "http://user:pass@gateway" }],
  ["url", { url: "http://gateway?x=1" }],
  ["headers", { apiKey: "a\nb" }],
  ["retry.attempts", { retry: { attempts: 0 } }],
  ["retry.withinMs", { retry: { withinMs: Number.NaN } }],
])("a bad %s is refused by name: %j", (field, options) => {
  const resolving = () => resolveOptions({ url: "http://gateway", ...options });
  expect(resolving).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", details: { field } }));
});
