import { encodeTaskToken } from "@heddle/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Gateway } from "./create-gateway.js";
import { openUntouchableGateway } from "./testing/untouchable-gateway.js";

let gateway: Gateway;
let touched: string[];
beforeAll(async () => {
  ({ gateway, touched } = await openUntouchableGateway());
});
beforeEach(() => void (touched.length = 0));
afterAll(() => gateway.close());

const COMPLETE = "/api/v1/activities/complete";
const FAIL = "/api/v1/activities/fail";
const HEARTBEAT = "/api/v1/activities/heartbeat";
const REFERENCE = "/api/v1/workflows/w/activities/r";
const ticket = { workflowId: "w", runId: "r", seq: 1, attempt: 1, token: "t" };
const taskToken = encodeTaskToken(ticket);
const forged = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
const large = "x".repeat(2_000);

type Case = readonly [name: string, url: string, body: object, status: number, code: string];
const cases: readonly Case[] = [
  ["no token", COMPLETE, {}, 400, "INVALID_ARGUMENT"],
  ["an empty token", COMPLETE, { taskToken: "" }, 400, "INVALID_ARGUMENT"],
  ["a token that is none", COMPLETE, { taskToken: "no token" }, 400, "INVALID_ARGUMENT"],
  ["a cut token", COMPLETE, { taskToken: taskToken.slice(0, 10) }, 400, "INVALID_ARGUMENT"],
  ["a token of another form", HEARTBEAT, { taskToken: forged(["w", "r", 1]) }, 400, "INVALID_ARGUMENT"],
  [
    ...(["a token of no dispatch", FAIL] as const),
    ...([
      { taskToken: forged(["w", "r", 1, 1, ""]), error: { message: "x" } },
      400,
      "INVALID_ARGUMENT",
    ] as const),
  ],
  [
    ...(["a token whose workflow id is none", COMPLETE] as const),
    ...([{ taskToken: forged(["w".repeat(256), "r", 1, 1, "t"]) }, 400, "INVALID_ARGUMENT"] as const),
  ],
  ["a token and a reference", COMPLETE, { taskToken, reference: "r" }, 400, "INVALID_ARGUMENT"],
  ["a result over its limit", COMPLETE, { taskToken, result: large }, 413, "PAYLOAD_TOO_LARGE"],
  ["details over their limit", HEARTBEAT, { taskToken, details: large }, 413, "PAYLOAD_TOO_LARGE"],
  ["a failure without error", FAIL, { taskToken }, 400, "INVALID_ARGUMENT"],
  ["an error that is text", FAIL, { taskToken, error: "x" }, 400, "INVALID_ARGUMENT"],
  ["an error without message", FAIL, { taskToken, error: { name: "E" } }, 400, "INVALID_ARGUMENT"],
  [
    ...(["an error with an unknown field", FAIL] as const),
    ...([{ taskToken, error: { message: "x", retry: false } }, 400, "INVALID_ARGUMENT"] as const),
  ],
  [
    ...(["a cause that is none", FAIL] as const),
    ...([{ taskToken, error: { message: "x", cause: { name: "E" } } }, 400, "INVALID_ARGUMENT"] as const),
  ],
  ["an operation id of another form", COMPLETE, { taskToken, operationId: "again" }, 400, "INVALID_ARGUMENT"],
  ["an operation id of a heartbeat", HEARTBEAT, { taskToken, operationId: "a" }, 400, "INVALID_ARGUMENT"],
  ["a token in a call by reference", `${REFERENCE}/complete`, { taskToken }, 400, "INVALID_ARGUMENT"],
  [
    ...(["a reference of 129 bytes", `/api/v1/workflows/w/activities/${"r".repeat(129)}/complete`] as const),
    ...([{}, 400, "INVALID_ARGUMENT"] as const),
  ],
  [
    ...(["a workflow id of 256 bytes", `/api/v1/workflows/${"w".repeat(256)}/activities/r/fail`] as const),
    ...([{ error: { message: "x" } }, 400, "INVALID_ARGUMENT"] as const),
  ],
];

test.each(cases)("%s is refused before the store is asked", async (_name, url, payload, status, code) => {
  const reply = await gateway.inject({ method: "POST", url, payload });
  expect(reply.json()).toMatchObject({ status, code, retryable: false });
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(touched).toEqual([]);
});

test.each([
  "/queues?limit=0",
  "/queues?limit=101",
  "/queues?limit=1e9",
  "/queues?cursor=a%2Fb",
  "/queues?offset=1",
  "/queues/a%2Fb",
  `/queues/${"q".repeat(65)}`,
  "/queues/mail?targetPerWorker=0",
  "/queues/mail?targetPerWorker=1.5",
  "/queues/mail?targetPerWorker=1000001",
  "/queues/mail?maxWaitMs=-1",
  "/queues/mail?maxWaitMs=30s",
  "/queues/mail?target=1",
])("%s is refused before the store is asked", async (path) => {
  const reply = await gateway.inject(`/api/v1${path}`);
  expect(reply.json()).toMatchObject({ status: 400, code: "INVALID_ARGUMENT", retryable: false });
  expect(touched).toEqual([]);
});
