import { decodeHistoryRecord, encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { backingOffActivity, claimedActivity, scheduledActivity } from "../testing/activities.js";
import { acquiredLease, committedTurn, inboxOf, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("describe and history on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("describe"));

  test("an unknown workflow is undefined", async () => {
    const { store } = await open();
    expect(await store.describe("nobody")).toBeUndefined();
    expect(await store.history("nobody")).toBeUndefined();
  });

  test("updates that are not ended are shown, in the inbox, held and accepted", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const { workflowId } = run;
    const ask = (updateId: string) =>
      opened.store.update(
        { workflowId, name: "pay", input: encodePayload(1), updateId },
        { until: "admitted" },
      );
    const pending = async () => {
      const updates = (await opened.store.describe(workflowId))?.pendingUpdates ?? [];
      return updates.map(({ updateId, name, state }) => [updateId, name, state]);
    };
    for (const updateId of ["a", "b", "c"]) await ask(updateId);
    await startRun(opened);
    const admitted = ["a", "b", "c"].map((updateId) => [updateId, "pay", "admitted"]);
    expect(await pending()).toEqual(admitted);
    const at = (await inboxOf(opened, lease))[1]?.atMs ?? 0;
    const updates = ["a", "b", "c"].map((updateId) => ({
      ...{ kind: "update" as const, at, name: "pay", updateId, input: encodePayload(1) },
    }));
    const held = updates.map((event) => ({ kind: "held" as const, event: encodeHistoryRecord(event) }));
    // Of four events the code has seen the start.
    const records = held.map(encodeHistoryRecord);
    await committedTurn(opened, lease, run, { processedDelta: 1, records });
    expect(await pending()).toEqual(admitted);
    const taken = encodeHistoryRecord({ kind: "taken", at });
    const completed = { kind: "update-completed", updateId: "a", result: encodePayload(1) } as const;
    await ask("d");
    await committedTurn(opened, lease, run, {
      ...{ processedDelta: 2, records: [taken, encodeHistoryRecord(completed), taken], entryIds: [] },
    });
    expect(await pending()).toEqual([
      ["b", "pay", "accepted"],
      ["c", "pay", "admitted"],
      ["d", "pay", "admitted"],
    ]);
    expect((await opened.store.describe(workflowId))?.pendingUpdates[0]?.admittedAtMs).toBe(at);
    await opened.store.terminate({ workflowId, operationId: "o" });
    expect(await pending()).toEqual([]);
  });

  test("of many updates the first hundred are shown, however large they are", async () => {
    const opened = await open();
    const { workflowId } = await startRun(opened);
    const input = encodePayload("x".repeat(10_000));
    const ids = Array.from({ length: 120 }, (_, number) => `u${number}`);
    for (const updateId of ids) {
      await opened.store.update({ workflowId, name: "pay", input, updateId }, { until: "admitted" });
    }
    const { pendingUpdates = [] } = (await opened.store.describe(workflowId)) ?? {};
    expect(pendingUpdates.map(({ updateId }) => updateId)).toEqual(ids.slice(0, 100));
  });

  test("pending activities are shown with their state and last failure, ended ones are not", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const waiting = await scheduledActivity(opened, lease, run, { seq: 1 });
    await scheduledActivity(opened, lease, run, { seq: 2, name: "pack" });
    const failing = await scheduledActivity(opened, lease, run, { seq: 3, queue: "slow" });
    const settled = await scheduledActivity(opened, lease, run, { seq: 4 });
    await claimedActivity(opened, waiting);
    await backingOffActivity(opened, failing, 60_000);
    await opened.store.settle({
      ticket: settled,
      settlement: { outcome: "completed", result: encodePayload(1) },
    });
    const description = await opened.store.describe(run.workflowId);
    expect(description).toMatchObject({ status: "running", version: "1", accepted: 2, processed: 1 });
    expect(description?.pendingActivities).toEqual([
      {
        seq: 1,
        name: "charge",
        queue: "payments",
        state: "started",
        attempt: 1,
        lastFailureMessage: undefined,
      },
      {
        seq: 2,
        name: "pack",
        queue: "payments",
        state: "scheduled",
        attempt: 1,
        lastFailureMessage: undefined,
      },
      {
        ...{ seq: 3, name: "charge", queue: "slow", state: "backing-off", attempt: 1 },
        lastFailureMessage: "Error: card declined",
      },
    ]);
  });

  test("history is what was committed, byte for byte and in order", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const records = [
      encodeHistoryRecord({ kind: "started", at: 1_700_000_000_000, input: Buffer.from([0, 255, 10, 13]) }),
      encodeHistoryRecord({ kind: "signal-awaited", seq: 1, name: "bezahlt \u{1f9f5}" }),
    ];
    await committedTurn(opened, lease, run, { records });
    await opened.store.suspend({ workflowId: run.workflowId });
    const stored = (await opened.store.history(run.workflowId)) ?? [];
    expect(stored.slice(0, 2).map((record) => Buffer.from(record))).toEqual(
      records.map((record) => Buffer.from(record)),
    );
    expect(stored.slice(2).map((record) => decodeHistoryRecord(record))).toEqual([
      { kind: "suspended", at: expect.any(Number) as unknown },
    ]);
    const [loaded] = await opened.store.loadRuns(lease, [run.workflowId]);
    expect(loaded).toMatchObject({
      cancelRequested: false,
      header: { historyLength: 3, status: "suspended" },
    });
    expect(loaded?.records.map((record) => Buffer.from(record))).toEqual(
      stored.map((record) => Buffer.from(record)),
    );
  });

  test("a damaged header is an error that names the field", async () => {
    const opened = await open();
    const run = await startRun(opened);
    await opened.redis.hset(opened.partition.header(run.workflowId), "accepted", "many");
    await expect(opened.store.describe(run.workflowId)).rejects.toMatchObject({
      code: "CORRUPT_RECORD",
      details: { workflowId: run.workflowId, field: "accepted" },
    });
  });
});
