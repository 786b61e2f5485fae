import type { ControlReply } from "@heddle/core";
import { decodeHistoryRecord } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  inboxOf,
  startRun,
  statusOf,
  turnOf,
  FIRST_PAGE,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const CONTROLS: readonly [string, (test: TestStore, workflowId: string) => Promise<ControlReply>][] = [
  ["cancel", ({ store }, workflowId) => store.requestCancel({ workflowId })],
  ["terminate", ({ store }, workflowId) => store.terminate({ workflowId, operationId: freshId() })],
  ["suspend", ({ store }, workflowId) => store.suspend({ workflowId })],
  ["resume", ({ store }, workflowId) => store.resume({ workflowId })],
];

describe.each(SERVERS)("control on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("control"));

  test.each(CONTROLS)("%s of an unknown workflow changes nothing", async (_name, control) => {
    const opened = await open();
    const before = await opened.snapshot();
    expect(await control(opened, "nobody")).toEqual({ outcome: "not-found" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test.each(CONTROLS)("%s of a closed run changes nothing", async (_name, control) => {
    const opened = await open();
    const run = await startRun(opened);
    await closedRun(opened, await acquiredLease(opened), run, { status: "failed" });
    const before = await opened.snapshot();
    const reply = await control(opened, run.workflowId);
    expect(reply).toEqual({ outcome: "closed", runId: run.runId, status: "failed" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a cancellation is an event of the run, once", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const request = { workflowId: run.workflowId, reason: "too late" };
    const applied = await opened.store.requestCancel(request);
    expect(applied).toEqual({ outcome: "applied", runId: run.runId, status: "pending" });
    const lease = await acquiredLease(opened);
    const [, entry] = await inboxOf(opened, lease);
    expect(entry).toMatchObject({ kind: "cancel-requested", runId: run.runId });
    expect(Buffer.from(entry?.data ?? []).toString()).toBe("too late");
    expect((await opened.store.loadRuns(lease, [run.workflowId]))[0]?.cancelRequested).toBe(true);
    const before = await opened.snapshot();
    const repeated = await opened.store.requestCancel(request);
    expect(repeated).toEqual({ outcome: "unchanged", runId: run.runId, status: "pending" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a terminated run is closed at once, with the reason in its history", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, { heldReason: "no code" });
    const turn = await turnOf(opened, lease, run);
    const request = { workflowId: run.workflowId, operationId: freshId(), reason: "stuck" };
    const reply = await store.terminate(request);
    expect(reply).toEqual({ outcome: "applied", runId: run.runId, status: "terminated" });
    const [last] = (await store.history(run.workflowId))?.slice(-1) ?? [];
    expect(last && decodeHistoryRecord(last)).toMatchObject({ kind: "terminated", reason: "stuck" });
    expect(await store.describe(run.workflowId)).toMatchObject({
      status: "terminated",
      historyLength: 2,
      heldReason: undefined,
    });
    expect(await store.heldRuns(lease)).toEqual([]);
    expect(await redis.zcard(partition.index("order", "running"))).toBe(0);
    expect(await redis.zcard(partition.index("order", "terminated"))).toBe(1);
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "notice", runId: run.runId }]);

    const before = await opened.snapshot();
    expect(await store.terminate(request)).toEqual(reply);
    const other = await store.terminate({ ...request, operationId: freshId() });
    expect(other).toEqual({ outcome: "closed", runId: run.runId, status: "terminated" });
    expect(await opened.snapshot()).toEqual(before);
    const late = await store.commitTurns(lease, [turn], { after: "0", limit: 0 });
    expect(late).toMatchObject({ turns: [{ outcome: "changed" }] });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a suspended run is indexed as such, and a turn computed before is refused", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await turnOf(opened, lease, run);
    const { workflowId } = run;
    const applied = await store.suspend({ workflowId });
    expect(applied).toEqual({ outcome: "applied", runId: run.runId, status: "suspended" });
    expect(await redis.zcard(partition.index("order", "pending"))).toBe(0);
    expect(await redis.zrange(partition.index("order", "suspended"), 0, "-1")).toEqual([workflowId]);
    const before = await opened.snapshot();
    const unchanged = { outcome: "unchanged", runId: run.runId, status: "suspended" };
    expect(await store.suspend({ workflowId })).toEqual(unchanged);
    expect(await opened.snapshot()).toEqual(before);
    expect(await store.commitTurns(lease, [turn], FIRST_PAGE)).toMatchObject({
      turns: [{ outcome: "changed" }],
    });
    const records = (await store.history(workflowId)) ?? [];
    expect(records.map((record) => decodeHistoryRecord(record).kind)).toEqual(["suspended"]);
  });

  test("a resumed run is running again and its owner is asked to look", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const { workflowId } = run;
    await opened.store.suspend({ workflowId });
    const applied = await opened.store.resume({ workflowId });
    expect(applied).toEqual({ outcome: "applied", runId: run.runId, status: "running" });
    expect(await statusOf(opened, run)).toBe("running");
    expect((await inboxOf(opened, lease)).map((entry) => entry.kind)).toEqual(["started", "notice"]);
    expect(await opened.store.describe(workflowId)).toMatchObject({ accepted: 1, historyLength: 2 });
    const before = await opened.snapshot();
    const unchanged = await opened.store.resume({ workflowId });
    expect(unchanged).toEqual({ outcome: "unchanged", runId: run.runId, status: "running" });
    expect(await opened.snapshot()).toEqual(before);
  });
});
