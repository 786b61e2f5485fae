import { encodePayload } from "@heddle/protocol";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  FIRST_PAGE,
  inboxOf,
  signalRequest,
  startRun,
  statusOf,
  turnOf,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const input = encodePayload({ page: 2 });
const payload = encodePayload("kept");

/** A turn that takes in what was accepted and goes on as `runId`. */
async function continuation(opened: TestStore, run: TestRun, runId: string) {
  const lease = await acquiredLease(opened);
  const events = [
    { kind: "signal" as const, name: "paid", payload, signalId: "s2" },
    { kind: "update" as const, name: "rename", updateId: "u2", input: payload },
    { kind: "signal" as const, name: "other", payload },
    { kind: "cancel-requested" as const, reason: "enough" },
  ];
  const turn = await turnOf(opened, lease, run, {
    statusAfter: "pending",
    records: [],
    continuation: { runId, input, events },
  });
  return { lease, turn };
}

describe.each(SERVERS)("a run that continues as new on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("continue"));

  test("is replaced by a fresh one, with the events that its code has not seen behind its start", async () => {
    const opened = await open();
    const run = await startRun(opened);
    await opened.store.signal(signalRequest(run, { signalId: "s1" }));
    const { lease, turn } = await continuation(opened, run, "run-2");
    const reply = await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({ outcome: "ok", turns: [{ outcome: "committed", historyLength: 0 }] });
    expect(await opened.store.describe(run.workflowId)).toMatchObject({
      ...{
        runId: "run-2",
        status: "pending",
        historyLength: 0,
        accepted: 5,
        processed: 0,
        version: undefined,
      },
    });
    expect(await opened.store.history(run.workflowId)).toEqual([]);
    expect(await inboxOf(opened, lease)).toMatchObject([
      { kind: "started", runId: "run-2", name: run.type, extra: run.runId, data: Buffer.from(input) },
      { kind: "signal", runId: "run-2", name: "paid", reference: "s2", data: Buffer.from(payload) },
      { kind: "update", runId: "run-2", name: "rename", reference: "u2", data: Buffer.from(payload) },
      { kind: "signal", runId: "run-2", name: "other", reference: "", data: Buffer.from(payload) },
      { kind: "cancel-requested", runId: "run-2", data: Buffer.from("enough") },
    ]);
    // The request to cancel is still on its way, so another one adds nothing.
    expect(await opened.store.requestCancel(run)).toMatchObject({ outcome: "unchanged", runId: "run-2" });
    expect(await opened.store.list({ limit: 10, offset: 0 })).toMatchObject({ total: 1 });
    const again = await opened.store.signal(signalRequest(run, { signalId: "s1" }));
    expect(again).toEqual({ outcome: "duplicate", runId: "run-2" });
  });

  test("takes the execution deadline over, and a run timeout that begins anew", async () => {
    const opened = await open();
    const times = { startAfterMs: 60_000, executionTimeoutMs: 3_600_000, runTimeoutMs: 1_800_000 };
    const run = await startRun(opened, { times });
    const { workflowId } = run;
    const before = await opened.store.describe(workflowId);
    // As if it had begun half an hour ago.
    await opened.redis.hincrby(opened.partition.header(workflowId), "startAtMs", -1_800_000);
    await opened.redis.hincrby(opened.partition.header(workflowId), "runDeadlineMs", -1_800_000);
    const { lease, turn } = await continuation(opened, run, "run-2");
    await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    const { createdAtMs = 0, ...after } = (await opened.store.describe(workflowId)) ?? {};
    const runDeadlineMs = createdAtMs + 1_800_000;
    expect(after).toMatchObject({
      ...{ startAtMs: undefined, runDeadlineMs, executionDeadlineMs: before?.executionDeadlineMs },
    });
    const { timers } = opened.partition;
    expect(await opened.redis.zscore(timers, `deadline:0:run-2:${workflowId}`)).toBe(String(runDeadlineMs));
    expect(await opened.redis.zscore(timers, `deadline:0:${run.runId}:${workflowId}`)).toBeNull();
  });

  test("sent again changes nothing", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const { lease, turn } = await continuation(opened, run, "run-2");
    await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    const before = await opened.snapshot();
    const reply = await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }] });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("waits until everything that was accepted is in", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const { lease, turn } = await continuation(opened, run, "run-2");
    await opened.store.signal(signalRequest(run));
    const reply = await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({ turns: [{ outcome: "more-accepted" }] });
    expect(await statusOf(opened, run)).toBe("pending");
    expect(await opened.store.describe(run.workflowId)).toMatchObject({ runId: run.runId });
  });

  test("whoever waits for it is told when the last of its chain ends", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const waiting = opened.store.awaitClosed({ workflowId: run.workflowId, runId: run.runId });
    const header = opened.partition.header(run.workflowId);
    await waitFor(() => opened.redis.hexists(header, "waiters"), { description: "the waiter is registered" });
    for (const [before, after] of [
      [run.runId, "run-2"],
      ["run-2", "run-3"],
    ] as const) {
      const { lease, turn } = await continuation(opened, { ...run, runId: before }, after);
      await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
      await opened.store.releaseLease(lease);
    }
    // Who comes later by the first run of the chain finds the current one, too.
    const late = opened.store.awaitClosed({ workflowId: run.workflowId, runId: run.runId });
    await closedRun(opened, await acquiredLease(opened), { ...run, runId: "run-3" });
    expect(await Promise.all([waiting, late])).toMatchObject([
      { outcome: "closed", runId: "run-3", status: "completed" },
      { outcome: "closed", runId: "run-3", status: "completed" },
    ]);
  });
});
