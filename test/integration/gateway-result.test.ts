// How ends of runs look over HTTP. The test owns the partition itself and commits the end, as a coordinator would.
import { WorkflowClient, type InboxEntry, type Lease } from "@heddle/core";
import { createGateway, type Gateway } from "@heddle/gateway";
import {
  encodeHistoryRecord,
  encodePayload,
  failureOf,
  MAX_PAYLOAD_BYTES,
  type ClosedStatus,
  type HistoryRecord,
} from "@heddle/protocol";
import { createRedisStore, randomIdSource, type RedisStore } from "@heddle/redis-store";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace } from "@heddle/testkit";
import { afterAll, beforeAll, expect, inject, test } from "vitest";

let store: RedisStore;
let gateway: Gateway;
let lease: Lease;
beforeAll(async () => {
  const connection = { url: inject("redisUrl") };
  store = await createRedisStore({ connection, namespace: randomNamespace("gateway"), partitions: 1 });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  gateway = createGateway({
    client,
    access: { store: store.access, credentials: "none" },
    log: createLogger({ name: "test", level: "silent" }),
  });
  const reply = await store.acquireLease({ partition: 0, coordinatorId: "test", ttlMs: 60_000 });
  if (reply.outcome !== "acquired") throw new Error("the partition of a fresh namespace has an owner");
  lease = reply.lease;
});
afterAll(async () => {
  await gateway.close();
  await store.close();
});

async function startedEntry(id: string): Promise<InboxEntry> {
  const reply = await gateway.inject({
    method: "POST",
    url: "/api/v1/workflows",
    payload: { type: "order", id, input: { lines: [1, 2] } },
  });
  expect(reply.statusCode).toBe(201);
  const page = await store.readInbox(lease, { after: "0", limit: 100 });
  if (page.outcome !== "ok") throw new Error("the lease is lost");
  const entry = page.entries.find(({ workflowId }) => workflowId === id);
  if (entry === undefined) throw new Error(`the inbox has no start of ${id}`);
  return entry;
}

async function commitEnd(entry: InboxEntry, status: ClosedStatus, end: HistoryRecord): Promise<void> {
  const started: HistoryRecord = { kind: "started", at: entry.atMs, input: entry.data };
  const turn = {
    workflowId: entry.workflowId,
    runId: entry.runId,
    type: "order",
    version: "1",
    statusBefore: "pending",
    statusAfter: status,
    historyLengthBefore: 0,
    entryIds: [entry.entryId],
    processedDelta: 1,
    records: [started, end].map(encodeHistoryRecord),
    activities: [],
    timers: [],
    endedActivities: [],
    endedTimers: [],
    retentionMs: 60_000,
  } as const;
  const reply = await store.commitTurns(lease, [turn], { after: "0", limit: 1 });
  expect(reply).toMatchObject({ outcome: "ok", turns: [{ outcome: "committed" }] });
}

test("a waiting caller gets the result as plain JSON when the run completes", async () => {
  const entry = await startedEntry("completes");
  const waiting = gateway.inject("/api/v1/workflows/completes/result?waitMs=60000");
  const result = encodePayload({ at: new Date(0), tags: new Set(["a"]), cents: 12n, raw: Buffer.from("hi") });
  await commitEnd(entry, "completed", { kind: "completed", at: entry.atMs, result });
  const expected = {
    status: "completed",
    result: { at: "1970-01-01T00:00:00.000Z", tags: ["a"], cents: "12", raw: "aGk=" },
  };
  const reply = await waiting;
  expect(reply.json()).toEqual(expected);
  expect(reply.statusCode).toBe(200);
  expect((await gateway.inject("/api/v1/workflows/completes/result")).json()).toEqual(expected);

  const history = (await gateway.inject("/api/v1/workflows/completes/history")).json<{ items: unknown[] }>();
  expect(history.items).toMatchObject([
    { index: 0, kind: "started", input: { lines: [1, 2] } },
    { index: 1, kind: "completed", result: expected.result },
  ]);
});

test("a result that is undefined is null", async () => {
  const entry = await startedEntry("returns-nothing");
  const result = encodePayload(undefined);
  await commitEnd(entry, "completed", { kind: "completed", at: entry.atMs, result });
  const reply = await gateway.inject("/api/v1/workflows/returns-nothing/result");
  expect(reply.json()).toEqual({ status: "completed", result: null });
});

test.each([
  ["failed", 422, "WORKFLOW_FAILED"],
  ["cancelled", 409, "WORKFLOW_CANCELLED"],
] as const)(
  "a %s run is a problem with the workflow's own error as its cause",
  async (status, http, code) => {
    const entry = await startedEntry(status);
    const error = Object.assign(new RangeError("no stock", { cause: new Error("HTTP 409") }), {
      details: { sku: "A1" },
    });
    await commitEnd(entry, status, { kind: status, at: entry.atMs, failure: failureOf(error) });
    const reply = await gateway.inject(`/api/v1/workflows/${status}/result?waitMs=1000`);
    expect(reply.json()).toMatchObject({
      status: http,
      code,
      retryable: false,
      details: {
        workflowId: status,
        runId: entry.runId,
        cause: {
          name: "RangeError",
          message: "no stock",
          details: { sku: "A1" },
          cause: { message: "HTTP 409" },
        },
      },
    });
    expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(reply.headers["retry-after"]).toBeUndefined();
    expect(reply.body).not.toContain("gateway-result.test");
  },
);
