import { encodeHistoryRecord, encodePayload, type HistoryRecord } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, committedTurn, freshId, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const awaited = (seq: number): HistoryRecord => ({ kind: "signal-awaited", seq, name: "paid" });
const encoded = (records: readonly HistoryRecord[]): Uint8Array[] => records.map(encodeHistoryRecord);

describe.each(SERVERS)("reading on in a history, on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("history"));

  test("the records behind a place come with the status of the same moment", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened);
    const { workflowId, runId } = run;
    expect(await opened.store.readHistory({ workflowId, from: 0 })).toEqual({
      ...{ outcome: "records", runId, firstRunId: runId, status: "pending", records: [], hasMore: false },
    });
    const records = encoded([awaited(1), awaited(2)]);
    await committedTurn(opened, lease, run, { records });
    expect(await opened.store.readHistory({ workflowId, runId, from: 1 })).toMatchObject({
      ...{ status: "running", records: [Buffer.from(records[1] ?? [])], hasMore: false },
    });
    const waiting = opened.store.awaitHistory({ workflowId, runId, from: 2 });
    const closing = await closedRun(opened, lease, run);
    expect(await waiting).toMatchObject({ status: "completed", records: [Buffer.from(closing)] });
    // A closed run has no more to wait for.
    expect(await opened.store.awaitHistory({ workflowId, runId, from: 3 })).toMatchObject({ records: [] });
  });

  test("a page is bounded by bytes, and one record is read however large it is", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened);
    const large = (kib: number): HistoryRecord => ({
      ...{ kind: "completed", at: 1, result: encodePayload("x".repeat(kib * 1_024)) },
    });
    const sizes = [300, 100, 100, 100, 1];
    await committedTurn(opened, lease, run, { records: encoded(sizes.map(large)) });
    const pages: number[] = [];
    for (let from = 0, hasMore = true; hasMore;) {
      const page = await opened.store.readHistory({ workflowId: run.workflowId, from });
      if (page.outcome !== "records") throw new Error(page.outcome);
      pages.push(page.records.length);
      from += page.records.length;
      ({ hasMore } = page);
    }
    expect(pages).toEqual([1, 2, 2]);
  });

  test("a page is bounded by records", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened);
    await committedTurn(opened, lease, run, {
      records: encoded(Array.from({ length: 300 }, (_, seq) => awaited(seq))),
    });
    const { workflowId } = run;
    const [first, second] = await Promise.all(
      [0, 200].map((from) => opened.store.readHistory({ workflowId, from })),
    );
    expect(first).toMatchObject({ hasMore: true });
    expect(second).toMatchObject({ hasMore: false });
    expect([first, second].map((page) => page?.outcome === "records" && page.records.length)).toEqual([
      200, 100,
    ]);
  });

  test("a run that goes on as another leads there, also over several, and another workflow does not", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened);
    const { workflowId } = run;
    const next = async (from: string): Promise<string> => {
      const runId = freshId("run");
      await committedTurn(
        opened,
        lease,
        { ...run, runId: from },
        { statusAfter: "pending", records: [], continuation: { runId, input: encodePayload(1), events: [] } },
      );
      return runId;
    };
    const second = await next(run.runId);
    const third = await next(second);
    const continued = { outcome: "continued", runId: third, firstRunId: run.runId };
    const read = (runId: string, firstRunId?: string) =>
      opened.store.readHistory({ workflowId, runId, firstRunId, from: 0 });
    expect(await read(run.runId)).toEqual(continued);
    expect(await read(second)).toEqual(continued);
    expect(await read("unknown", run.runId)).toEqual(continued);
    expect(await read("unknown")).toEqual({ outcome: "replaced" });
    expect(await opened.store.readHistory({ workflowId: "nobody", from: 0 })).toEqual({
      outcome: "not-found",
    });
  });

  test("who waits may give up", async () => {
    const opened = await open();
    const { workflowId } = await startRun(opened);
    const gaveUp = new AbortController();
    const waiting = opened.store.awaitHistory({ workflowId, from: 0 }, { signal: gaveUp.signal });
    gaveUp.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});
