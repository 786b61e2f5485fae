import { randomNamespace, waitFor } from "@heddle/testkit";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, freshId, startRequest, startRun, type TestRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

async function registered(opened: TestStore, run: TestRun): Promise<void> {
  const header = opened.partition.header(run.workflowId);
  await waitFor(() => opened.redis.hexists(header, "waiters"), { description: "the waiter is registered" });
}

/** Ids of the connections by which the store receives messages, with the node that has each. */
async function subscribers(opened: TestStore): Promise<{ node: Redis; id: number }[]> {
  const name = `heddle-${opened.namespace}-subscriber`;
  const lists = await Promise.all(
    opened.nodes.map(async (node) => {
      const lines = String(await node.client("LIST")).split("\n");
      return lines
        .filter((line) => line.includes(`name=${name} `) && !line.includes(" sub=0 "))
        .map((line) => ({ node, id: Number(/id=(\d+)/.exec(line)?.[1]) }));
    }),
  );
  return lists.flat();
}

describe.each(SERVERS)("await-closed on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("await"));

  test("an unknown workflow, and an unknown run of a known one, are not found", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const before = await opened.snapshot();
    expect(await opened.store.awaitClosed({ workflowId: "nobody" })).toEqual({ outcome: "not-found" });
    const other = { workflowId: run.workflowId, runId: "another" };
    expect(await opened.store.awaitClosed(other)).toEqual({ outcome: "not-found" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a closed run answers at once and registers nobody", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const record = await closedRun(opened, await acquiredLease(opened), run, { status: "failed" });
    const before = await opened.snapshot();
    const closed = await opened.store.awaitClosed({ workflowId: run.workflowId });
    expect(closed).toEqual({
      outcome: "closed",
      runId: run.runId,
      status: "failed",
      record: Buffer.from(record),
    });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("all who wait are told by the closing commit, with the very record, and forgotten", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = Promise.all([
      opened.store.awaitClosed({ workflowId: run.workflowId }),
      opened.store.awaitClosed({ workflowId: run.workflowId, runId: run.runId }),
    ]);
    await registered(opened, run);
    const record = await closedRun(opened, await acquiredLease(opened), run);
    const closed = { outcome: "closed", runId: run.runId, status: "completed", record: Buffer.from(record) };
    expect(await waiting).toEqual([closed, closed]);
    expect(await opened.redis.hexists(opened.partition.header(run.workflowId), "waiters")).toBe(0);
  });

  test("who starts a run can wait for it in the same call", async () => {
    const opened = await open();
    const request = startRequest();
    const waiting = opened.store.startAndAwait(request);
    await registered(opened, request);
    const record = await closedRun(opened, await acquiredLease(opened), request);
    const run = { outcome: "closed", runId: request.runId, status: "completed", record: Buffer.from(record) };
    expect(await waiting).toEqual({ outcome: "ended", run });
  });

  test("who would wait for a start that is none is answered at once", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const before = await opened.snapshot();
    const reply = await opened.store.startAndAwait(startRequest({ workflowId: run.workflowId }));
    expect(reply).toMatchObject({ outcome: "open", runId: run.runId });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("who gives up waiting leaves the started run alone", async () => {
    const opened = await open();
    const request = startRequest();
    const giveUp = new AbortController();
    const waiting = opened.store.startAndAwait(request, { signal: giveUp.signal });
    await registered(opened, request);
    giveUp.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(await opened.store.describe(request.workflowId)).toMatchObject({ status: "pending" });
  });

  test("who waits is told of a termination", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId });
    await registered(opened, run);
    await opened.store.terminate({ workflowId: run.workflowId, operationId: freshId() });
    expect(await waiting).toMatchObject({ outcome: "closed", runId: run.runId, status: "terminated" });
  });

  test("a run that was replaced is not found", async () => {
    const opened = await open();
    const run = await startRun(opened);
    await closedRun(opened, await acquiredLease(opened), run);
    await startRun(opened, startRequest({ workflowId: run.workflowId }));
    expect(await opened.store.awaitClosed(run)).toEqual({ outcome: "not-found" });
  });

  test("a lost subscriber connection does not lose the end of a run", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId });
    await registered(opened, run);
    const [first, ...others] = await subscribers(opened);
    expect(others).toEqual([]);
    expect(first).toBeDefined();
    await first?.node.client("KILL", "ID", first.id);
    // Closed while nobody listens: the message is lost for certain.
    const record = await closedRun(opened, await acquiredLease(opened), run);
    const startedAtMs = performance.now();
    expect(await waiting).toMatchObject({ outcome: "closed", record: Buffer.from(record) });
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });

  test("after a reconnect messages arrive again", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId });
    await registered(opened, run);
    const [first] = await subscribers(opened);
    await first?.node.client("KILL", "ID", first.id);
    const isBack = async (): Promise<boolean> =>
      (await subscribers(opened)).some(({ id }) => id !== first?.id);
    await waitFor(isBack, { description: "the subscriber is back" });
    const record = await closedRun(opened, await acquiredLease(opened), run);
    expect(await waiting).toMatchObject({ outcome: "closed", record: Buffer.from(record) });
  });

  test("who waits before the same process replaces the run is told of its end", async () => {
    const opened = await open();
    const run = await startRun(opened);
    await opened.store.awaitClosed({ workflowId: "nobody" });
    const waiting = opened.store.awaitClosed(run);
    await startRun(opened, { workflowId: run.workflowId, onOpen: "terminate-existing" });
    expect(await waiting).toMatchObject({ outcome: "closed", runId: run.runId, status: "terminated" });
  });

  test("an aborted waiter rejects with the reason, and the others still wait", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const controller = new AbortController();
    const aborted = opened.store.awaitClosed({ workflowId: run.workflowId, signal: controller.signal });
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId });
    await registered(opened, run);
    controller.abort(new Error("no longer interested"));
    await expect(aborted).rejects.toThrow("no longer interested");
    await closedRun(opened, await acquiredLease(opened), run);
    expect(await waiting).toMatchObject({ outcome: "closed" });
    const late = opened.store.awaitClosed({ workflowId: run.workflowId, signal: controller.signal });
    await expect(late).rejects.toThrow("no longer interested");
  });

  test("a closed store tells who still waits", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId });
    await registered(opened, run);
    await opened.store.close();
    await expect(waiting).rejects.toMatchObject({ code: "SHUT_DOWN" });
  });

  test("a header remembers each client once and not more than it can hold", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = [1, 2, 3].map(() => opened.store.awaitClosed({ workflowId: run.workflowId }));
    await registered(opened, run);
    const header = opened.partition.header(run.workflowId);
    const waiters = await opened.redis.hget(header, "waiters");
    expect(waiters?.split(" ")).toHaveLength(1);
    await opened.redis.hset(header, "waiters", "x".repeat(2_000));
    const before = await opened.snapshot();
    const late = opened.store.awaitClosed({ workflowId: run.workflowId });
    // Answered behind the other, because both take the same way.
    await opened.store.awaitClosed({ workflowId: "nobody" });
    expect(await opened.snapshot()).toEqual(before);
    await opened.redis.hset(header, "waiters", String(waiters));
    await closedRun(opened, await acquiredLease(opened), run);
    expect(await Promise.all([...waiting, late])).toHaveLength(4);
  });
});
