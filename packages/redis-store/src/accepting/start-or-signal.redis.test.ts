import type { StartOrSignalRequest } from "@heddle/core";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  freshId,
  inboxOf,
  signalRequest,
  startRequest,
  startRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

function deliveryRequest(
  workflowId: string,
  signalId: string | undefined,
  change: Partial<StartOrSignalRequest> = {},
): StartOrSignalRequest {
  const { runId, type, input } = startRequest({ workflowId });
  const { workflowId: _to, ...signal } = signalRequest(
    { workflowId },
    signalId === undefined ? {} : { signalId },
  );
  return { workflowId, runId, type, input, signal, onTerminalConflict: "reject", ...change };
}

describe.each(SERVERS)("start-or-signal on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("deliver"), options);
  const kinds = async (opened: TestStore): Promise<string[]> =>
    (await inboxOf(opened, await acquiredLease(opened))).map((entry) => entry.kind);

  test("without a run it starts one, with the signal right behind the start", async () => {
    const opened = await open();
    const request = deliveryRequest("cart", "s1");
    expect(await opened.store.startOrSignal(request)).toEqual({ outcome: "started", runId: request.runId });
    expect(await opened.store.describe("cart")).toMatchObject({ status: "pending", accepted: 2 });
    expect(await kinds(opened)).toEqual(["started", "signal"]);
  });

  test("an open run is signalled", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const reply = await opened.store.startOrSignal(deliveryRequest(run.workflowId, "s1", { type: "other" }));
    expect(reply).toEqual({ outcome: "signalled", runId: run.runId });
    expect(await kinds(opened)).toEqual(["started", "signal"]);
    expect(await opened.store.describe(run.workflowId)).toMatchObject({ type: "order", accepted: 2 });
  });

  test("a known signal id changes nothing, also once the run is closed", async () => {
    const opened = await open();
    const first = deliveryRequest("cart", "s1");
    await opened.store.startOrSignal(first);
    const before = await opened.snapshot();
    const duplicate = { outcome: "duplicate", runId: first.runId };
    expect(await opened.store.startOrSignal(deliveryRequest("cart", "s1"))).toEqual(duplicate);
    expect(await opened.snapshot()).toEqual(before);
    const lease = await acquiredLease(opened);
    await closedRun(opened, lease, { workflowId: "cart", runId: first.runId, type: "order" });
    const closed = await opened.snapshot();
    for (const onTerminalConflict of ["reject", "start-new"] as const) {
      const again = deliveryRequest("cart", "s1", { onTerminalConflict });
      expect(await opened.store.startOrSignal(again)).toEqual(duplicate);
    }
    expect(await opened.snapshot()).toEqual(closed);
  });

  test("the same call sent again changes nothing, with and without a signal id", async () => {
    const opened = await open();
    for (const request of [deliveryRequest("keyed", "s1"), deliveryRequest("keyless", undefined)]) {
      await opened.store.startOrSignal(request);
      const before = await opened.snapshot();
      const again = await opened.store.startOrSignal(request);
      expect(again).toEqual({ outcome: "started", runId: request.runId });
      const otherRun = await opened.store.startOrSignal({ ...request, runId: freshId("run") });
      expect(otherRun).toEqual({ outcome: "duplicate", runId: request.runId });
      expect(await opened.snapshot()).toEqual(before);
    }
  });

  test("a closed run is a conflict unless a new one is wanted", async () => {
    const opened = await open();
    const run = await startRun(opened, { type: "old" });
    await closedRun(opened, await acquiredLease(opened), run, { status: "failed" });
    const before = await opened.snapshot();
    const refused = await opened.store.startOrSignal(deliveryRequest(run.workflowId, "s1"));
    expect(refused).toEqual({ outcome: "conflict", runId: run.runId, status: "failed" });
    expect(await opened.snapshot()).toEqual(before);
    const request = deliveryRequest(run.workflowId, "s1", { onTerminalConflict: "start-new" });
    expect(await opened.store.startOrSignal(request)).toEqual({ outcome: "started", runId: request.runId });
    expect(await opened.store.describe(run.workflowId)).toMatchObject({ type: "order", accepted: 2 });
    expect(await opened.store.count({})).toBe(1);
  });

  test("a purged key starts nothing", async () => {
    const opened = await open();
    const workflowId = opened.store.workflowIdOfKey("k");
    const run = await startRun(opened, { workflowId, idempotencyKey: "k" });
    const lease = await acquiredLease(opened);
    await closedRun(opened, lease, run, { retentionMs: 0 });
    await opened.store.purge(lease, [{ kind: "purge", seq: 0, ...run }]);
    const before = await opened.snapshot();
    const request = deliveryRequest(workflowId, "k", { idempotencyKey: "k" });
    expect(await opened.store.startOrSignal(request)).toEqual({ outcome: "purged" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a full run and a full partition are told apart", async () => {
    const opened = await open({ limits: { runInboxCap: 1, partitionInboxCap: 2 } });
    const run = await startRun(opened);
    const runFull = await opened.snapshot();
    const refused = await opened.store.startOrSignal(deliveryRequest(run.workflowId, "s1"));
    expect(refused).toEqual({ outcome: "inbox-full", scope: "run", limit: 1 });
    expect(await opened.snapshot()).toEqual(runFull);
    await startRun(opened);
    const partitionFull = await opened.snapshot();
    const alsoRefused = await opened.store.startOrSignal(deliveryRequest("cart", "s1"));
    expect(alsoRefused).toEqual({ outcome: "inbox-full", scope: "partition", limit: 2 });
    expect(await opened.snapshot()).toEqual(partitionFull);
  });

  test("200 callers with signal ids of their own share one run, and each is heard once", async () => {
    const opened = await open();
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        opened.store.startOrSignal(deliveryRequest("cart", `s${index}`)),
      ),
    );
    const outcomes = replies.map((reply) => reply.outcome);
    expect(outcomes.filter((outcome) => outcome === "started")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "signalled")).toHaveLength(199);
    expect(new Set(replies.map((reply) => ("runId" in reply ? reply.runId : ""))).size).toBe(1);
    const entries = await inboxOf(opened, await acquiredLease(opened));
    expect(entries[0]?.kind).toBe("started");
    expect(new Set(entries.slice(1).map((entry) => entry.reference)).size).toBe(200);
    expect(entries).toHaveLength(201);
  });

  test("200 callers with one key share one run and one signal", async () => {
    const opened = await open();
    const workflowId = opened.store.workflowIdOfKey("invoice 7");
    const replies = await Promise.all(
      Array.from({ length: 200 }, () =>
        opened.store.startOrSignal(deliveryRequest(workflowId, "invoice 7", { idempotencyKey: "invoice 7" })),
      ),
    );
    const outcomes = replies.map((reply) => reply.outcome);
    expect(outcomes.filter((outcome) => outcome === "started")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(199);
    expect(await kinds(opened)).toEqual(["started", "signal"]);
  });
});
