import { randomNamespace } from "@heddle/testkit";
import { encodePayload } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  freshId,
  inboxOf,
  startRequest,
  startRun,
  statusOf,
} from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("start on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("start"), options);

  test("a new run is pending, indexed, and has its start in the inbox", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const request = startRequest();
    const reply = await store.start(request);
    expect(reply).toEqual({ outcome: "started", runId: request.runId });
    const lease = await acquiredLease(opened);
    const [entry, ...others] = await inboxOf(opened, lease);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      kind: "started",
      workflowId: request.workflowId,
      runId: request.runId,
      reference: "",
      extra: "",
    });
    expect(Buffer.from(entry?.data ?? [])).toEqual(Buffer.from(request.input));
    expect(await store.describe(request.workflowId)).toMatchObject({
      status: "pending",
      type: "order",
      version: undefined,
      accepted: 1,
      processed: 0,
      historyLength: 0,
      pendingActivities: [],
      pendingUpdates: [],
    });
    expect(await redis.zrange(partition.index("order", "pending"), 0, "-1")).toEqual([request.workflowId]);
    expect(await redis.smembers(partition.types)).toEqual(["order"]);
  });

  test("the same start sent again changes nothing, also once the run is closed", async () => {
    const opened = await open();
    const request = startRequest();
    const run = await startRun(opened, request);
    const before = await opened.snapshot();
    expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: run.runId });
    expect(await opened.snapshot()).toEqual(before);
    await closedRun(opened, await acquiredLease(opened), run);
    const closed = await opened.snapshot();
    expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: run.runId });
    expect(await opened.snapshot()).toEqual(closed);
  });

  test("an open run keeps its id", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const before = await opened.snapshot();
    for (const onOpen of ["fail", "use-existing"] as const) {
      const { workflowId } = run;
      const reply = await opened.store.start(startRequest({ workflowId, type: "other", onOpen }));
      expect(reply).toEqual({ outcome: "open", runId: run.runId, status: "pending", type: "order" });
    }
    expect(await opened.snapshot()).toEqual(before);
  });

  test("terminate-existing ends the open run and tells who waits for it", async () => {
    const opened = await open();
    const run = await startRun(opened, { type: "old" });
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId, runId: run.runId });
    const header = opened.partition.header(run.workflowId);
    await expect.poll(() => opened.redis.hexists(header, "waiters")).toBe(1);
    const { workflowId } = run;
    const request = startRequest({ workflowId, onOpen: "terminate-existing", onClosed: "reject" });
    expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: request.runId });
    expect(await waiting).toMatchObject({ outcome: "closed", runId: run.runId, status: "terminated" });
    const description = await opened.store.describe(workflowId);
    expect(description).toMatchObject({
      runId: request.runId,
      type: "order",
      status: "pending",
      accepted: 1,
    });
    expect(await opened.store.list({ limit: 10, offset: 0 })).toMatchObject({ total: 1 });
    const before = await opened.snapshot();
    expect(await opened.store.start(request)).toEqual({ outcome: "started", runId: request.runId });
    expect(await opened.snapshot()).toEqual(before);
  });

  test.each([
    ["completed", "reject", "closed"],
    ["failed", "reject", "closed"],
    ["completed", "allow-failed-only", "closed"],
    ["continued", "allow-failed-only", "closed"],
    ["failed", "allow-failed-only", "started"],
    ["cancelled", "allow-failed-only", "started"],
    ["completed", "allow", "started"],
  ] as const)("a %s predecessor and onClosed %s: %s", async (status, onClosed, outcome) => {
    const opened = await open();
    const run = await startRun(opened);
    await closedRun(opened, await acquiredLease(opened), run, { status });
    const before = await opened.snapshot();
    const reply = await opened.store.start(startRequest({ workflowId: run.workflowId, onClosed }));
    expect(reply.outcome).toBe(outcome);
    if (reply.outcome === "closed") {
      expect(reply).toEqual({ outcome, runId: run.runId, status, type: "order" });
      expect(await opened.snapshot()).toEqual(before);
    } else {
      expect(await statusOf(opened, run)).toBe("pending");
    }
  });

  test("a replaced run leaves nothing behind, also when its type was another", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened, { type: "old" });
    const lease = await acquiredLease(opened);
    await store.signal({
      workflowId: run.workflowId,
      name: "paid",
      signalId: "s1",
      payload: encodePayload(1),
      operationId: freshId(),
    });
    await closedRun(opened, lease, run, { status: "failed" });
    const request = startRequest({ workflowId: run.workflowId });
    expect(await store.start(request)).toEqual({ outcome: "started", runId: request.runId });
    expect(await redis.zcard(partition.index("old", "failed"))).toBe(0);
    expect(await redis.zrange(partition.index("order", "pending"), 0, "-1")).toEqual([run.workflowId]);
    expect(await store.history(run.workflowId)).toEqual([]);
    expect(await redis.exists(partition.signalIds(run.workflowId))).toBe(0);
    expect(await store.count({})).toBe(1);
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "started", extra: run.runId }]);
  });

  test("a run takes the place of the closed one that it names, and of no other", async () => {
    const opened = await open();
    const { store } = opened;
    const first = await startRun(opened);
    const { workflowId } = first;
    const named = startRequest({ workflowId, replaces: first.runId });
    const whileOpen = await opened.snapshot();
    expect(await store.start(named)).toMatchObject({ outcome: "open", runId: first.runId });
    expect(await opened.snapshot()).toEqual(whileOpen);

    const lease = await acquiredLease(opened);
    await closedRun(opened, lease, first, { status: "failed" });
    expect(await store.start(named)).toEqual({ outcome: "started", runId: named.runId });
    // The same again, and another one that wanted the same place, while the run is open and when it is closed.
    expect(await store.start(named)).toEqual({ outcome: "started", runId: named.runId });
    const late = startRequest({ workflowId, replaces: first.runId });
    expect(await store.start(late)).toMatchObject({ outcome: "open", runId: named.runId });
    await closedRun(opened, lease, { workflowId, runId: named.runId, type: "order" });
    const closed = await opened.snapshot();
    expect(await store.start(late)).toMatchObject({ outcome: "closed", runId: named.runId });
    expect(await store.start(startRequest({ workflowId: "none", replaces: first.runId }))).toEqual({
      outcome: "purged",
    });
    expect(await opened.snapshot()).toEqual(closed);
  });

  test("a purged key stays used", async () => {
    const opened = await open();
    const { store } = opened;
    const workflowId = store.workflowIdOfKey("invoice 7");
    const run = await startRun(opened, { workflowId, idempotencyKey: "invoice 7" });
    const lease = await acquiredLease(opened);
    expect(await inboxOf(opened, lease)).toMatchObject([{ reference: "invoice 7" }]);
    await closedRun(opened, lease, run, { retentionMs: 0 });
    expect(await store.purge(lease, [{ kind: "purge", seq: 0, ...run }])).toEqual({ outcome: "done" });
    const before = await opened.snapshot();
    const again = startRequest({ workflowId, idempotencyKey: "invoice 7" });
    expect(await store.start(again)).toEqual({ outcome: "purged" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a full partition takes no more runs", async () => {
    const opened = await open({ limits: { partitionInboxCap: 2 } });
    await startRun(opened);
    await startRun(opened);
    const before = await opened.snapshot();
    const reply = await opened.store.start(startRequest());
    expect(reply).toEqual({ outcome: "inbox-full", scope: "partition", limit: 2 });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("of many starts of one id at the same time one starts and the others find it", async () => {
    const { store } = await open();
    const workflowId = freshId("order");
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => store.start(startRequest({ workflowId }))),
    );
    const started = replies.filter((reply) => reply.outcome === "started");
    expect(started).toHaveLength(1);
    const runIds = new Set(replies.map((reply) => ("runId" in reply ? reply.runId : "")));
    expect(runIds.size).toBe(1);
    expect(await store.count({})).toBe(1);
  });
});
