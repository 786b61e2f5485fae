// What strangers send must not hurt, and what the inside looks like must not get out.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";
import { keysOf } from "../support/namespace-contents.js";
import { ADMIN_KEY, openGuardedGateways, type Call } from "./support/guarded-gateways.js";

const COUNT: Call = { method: "GET", url: "/api/v1/workflows/count" };

test.each([
  ["nothing", ""],
  ["one character", "x"],
  ["a megabyte", "x".repeat(1_000_000)],
  ["the form of a key and a megabyte", `heddle_0123456789abcdef_${"x".repeat(1_000_000)}`],
  ["the start of the right key", ADMIN_KEY.slice(0, -1)],
  ["the right key and more", `${ADMIN_KEY}x`],
  ["bytes that are no text", "\u00ff\u0080"],
])("credentials that are %s are refused like any other", async (_name, credentials) => {
  const { call } = await openGuardedGateways();
  const refused = await call(credentials, COUNT);
  expect(refused).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
});

test("what is compared of a key does not grow alike with a guess that grows right", () => {
  // Digests are compared in constant time; were they not, their common beginning would still tell a guesser nothing.
  const right = createHash("sha256").update(ADMIN_KEY).digest();
  for (let known = 0; known < ADMIN_KEY.length; known++) {
    const guess = ADMIN_KEY.slice(0, known).padEnd(ADMIN_KEY.length, "*");
    const digest = createHash("sha256").update(guess).digest();
    const alike = digest.findIndex((byte, index) => byte !== right[index]);
    expect(alike, `${known} characters are right`).toBeLessThan(4);
  }
});

test("ids that forge log lines are one JSON line each, escaped and cut", async () => {
  const { call, logLines } = await openGuardedGateways();
  const forgeries = [
    'a\r\n{"level":"fatal"}',
    "a\u001b[31mred",
    "a\u2028b\u2029c",
    "a\u0000b",
    "x".repeat(15_000),
  ];
  for (const [index, text] of forgeries.entries()) {
    const id = encodeURIComponent(text);
    const address = `10.3.0.${index}`;
    await call("wrong", { method: "GET", url: `/api/v1/workflows/${id}`, address });
    await call(ADMIN_KEY, { method: "POST", url: `/api/v1/workflows/${id}/cancel`, body: {}, address });
    await call(ADMIN_KEY, {
      ...{ method: "POST", url: "/api/v1/workflows", body: { type: "order", id: text }, address },
      headers: { "x-request-id": text.replaceAll(/[^\t\x20-\x7e]/g, "?") },
    });
  }
  expect(logLines.length).toBeGreaterThan(forgeries.length);
  for (const line of logLines) {
    expect(line).toMatch(/^\{.*\}\n$/);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(JSON.parse(line)).not.toMatchObject({ level: "fatal" });
    expect(line.length).toBeLessThan(20_000);
  }
});

test("an error that nobody foresaw tells the caller where to look, and nothing of the inside", async () => {
  const { call, logLines, namespace } = await openGuardedGateways();
  const start: Call = { method: "POST", url: "/api/v1/workflows", body: { type: "order", id: "order-1" } };
  expect(await call(ADMIN_KEY, start)).toMatchObject({ status: 201 });
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const [header = ""] = (await keysOf(redis, namespace)).filter((key) => key.includes("order-1"));
  await redis.set(header, "what a script does not expect");

  const requests: Call[] = [
    start,
    { method: "GET", url: "/api/v1/workflows/order-1" },
    { method: "POST", url: "/api/v1/workflows/order-1/signals/paid", body: {} },
    { method: "POST", url: "/api/v1/workflows/order-1/terminate", body: {} },
  ];
  for (const request of requests) {
    const { status, body } = await call(ADMIN_KEY, request);
    expect(status, `${request.method} ${request.url}`).toBe(500);
    expect(body).toMatchObject({ code: "INTERNAL", details: {} });
    const { instance: _instance, ...told } = body;
    expect(JSON.stringify(told)).not.toMatch(
      /WRONGTYPE|script|EVAL|redis|heddle:(?!error)|lua|127\.0\.0\.1|    at /i,
    );
    const requestId = String(body["requestId"]);
    expect(logLines.filter((line) => line.includes(requestId)).join("")).toContain("WRONGTYPE");
  }
});
