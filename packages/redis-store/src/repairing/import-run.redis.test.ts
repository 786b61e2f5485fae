import type { ImportRunRequest } from "@heddle/core";
import { decodeHistoryRecord, encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, freshId, inboxOf, signalRequest, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const input = encodePayload(1);
const started = encodeHistoryRecord({ kind: "started", at: 1_000, input });
const signalled = encodeHistoryRecord({
  kind: "signal",
  at: 2_000,
  name: "paid",
  signalId: "s1",
  payload: input,
});
const completed = encodeHistoryRecord({ kind: "completed", at: 3_000, result: input });

function openRun(change: Partial<ImportRunRequest> = {}): ImportRunRequest {
  return {
    ...{ workflowId: freshId("copy"), runId: freshId("run"), type: "order", version: "3" },
    records: [started],
    signals: [{ name: "paid", signalId: "s1" }],
    as: {
      ...{ status: "pending", reason: undefined, reapply: "signals", unprocessed: 2 },
      from: { workflowId: "original", runId: "run-1" },
      cutOff: [signalled],
      kept: {
        timers: [{ seq: 4, dueMs: 5_000_000_000_000 }],
        updates: [],
      },
    },
    ...change,
  };
}

describe.each(SERVERS)("import-run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("import"));

  test("makes a run that goes on from the end of its history", async () => {
    const opened = await open();
    const request = openRun();
    const { workflowId, runId } = request;
    expect(await opened.store.importRun(request)).toEqual({ outcome: "imported", runId });
    const stored = await opened.store.readRun(workflowId);
    expect(stored).toMatchObject({
      header: { runId, status: "pending", historyLength: 2, accepted: 2, processed: 0, version: "3" },
      cutOff: [Buffer.from(signalled)],
    });
    expect(decodeHistoryRecord(stored?.records[1] ?? new Uint8Array())).toEqual({
      ...{ kind: "reset", at: expect.any(Number) as number, runId, reapply: "signals" },
      ...{ fromRunId: "run-1", fromWorkflowId: "original" },
    });
    expect(await opened.redis.zrange(opened.partition.timers, 0, "-1")).toEqual([
      `timer:4:${runId}:${workflowId}`,
    ]);
    expect(await opened.store.list({ limit: 5, offset: 0 })).toMatchObject({ total: 1 });
    const signal = await opened.store.signal(signalRequest({ workflowId }, { signalId: "s1" }));
    expect(signal).toEqual({ outcome: "duplicate", runId });
    expect(await inboxOf(opened, await acquiredLease(opened))).toMatchObject([{ kind: "notice", runId }]);
  });

  test("makes a closed run that stays closed", async () => {
    const opened = await open();
    const records = [started, completed];
    const request = openRun({ records, as: { status: "completed" }, createdAtMs: 1_000 });
    const { workflowId, runId } = request;
    await opened.store.importRun(request);
    const closed = await opened.store.awaitClosed({ workflowId });
    expect(closed).toMatchObject({ outcome: "closed", runId, record: Buffer.from(completed) });
    expect(await opened.store.describe(workflowId)).toMatchObject({ createdAtMs: 1_000, historyLength: 2 });
  });

  test("sent again after the run was reset is found, and changes nothing", async () => {
    const opened = await open();
    const request = openRun();
    const { workflowId, runId } = request;
    await opened.store.importRun(request);
    const stored = await opened.store.readRun(workflowId);
    if (stored === undefined) throw new Error("it was imported");
    const kept = { timers: [], updates: [], isCancelRequested: false };
    await opened.store.resetRun({
      ...{ workflowId, newRunId: "run-2", reason: undefined, reapply: "none", unprocessed: 0 },
      ...{ seen: stored.header, keep: 1, kept },
    });
    const before = await opened.snapshot();
    expect(await opened.store.importRun(request)).toEqual({ outcome: "imported", runId: "run-2" });
    expect(await opened.store.findMadeRun({ workflowId, runId })).toBe("run-2");
    expect(await opened.snapshot()).toEqual(before);
  });

  test("sent again, or with an id that is taken, changes nothing", async () => {
    const opened = await open();
    const request = openRun();
    await opened.store.importRun(request);
    const taken = await startRun(opened);
    await opened.redis.hset(opened.partition.tombstones, "key-purged", "run-0");
    const before = await opened.snapshot();
    expect(await opened.store.importRun(request)).toEqual({ outcome: "imported", runId: request.runId });
    expect(await opened.store.importRun({ ...request, workflowId: taken.workflowId })).toEqual({
      ...{ outcome: "exists", runId: taken.runId, status: "pending", type: taken.type },
    });
    expect(await opened.store.importRun({ ...request, workflowId: "key-purged" })).toEqual({
      outcome: "purged",
    });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("is refused by a partition that has too much to do", async () => {
    const opened = await openTestStore(connection(), randomNamespace("import"), {
      limits: { partitionInboxCap: 1 },
    });
    await startRun(opened);
    const before = await opened.snapshot();
    expect(await opened.store.importRun(openRun())).toMatchObject({
      outcome: "inbox-full",
      scope: "partition",
    });
    expect(await opened.snapshot()).toEqual(before);
  });
});
