import type { AttributeCondition } from "@heddle/core";
import { encodeHistoryRecord, encodePayload, type AttributeChanges } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  startRequest,
  startRun,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("on $server", ({ connection }) => {
  const open = (limits = { searchCandidates: 10_000, scanWindow: 500 }) =>
    openTestStore(connection(), randomNamespace("search"), { limits });
  const phase = (value: string): AttributeCondition => ({ name: "phase", test: "any-of", values: [value] });

  test.each([
    ["by attributes", { searchCandidates: 10_000, scanWindow: 500 }],
    ["in windows", { searchCandidates: -1, scanWindow: 3 }],
  ])(
    "a run that changes is in one filter or in the other, never in both and never in neither: %s",
    async (_way, limits) => {
      const opened = await open(limits);
      const lease = await acquiredLease(opened);
      const count = 15;
      const runs = await Promise.all(
        Array.from({ length: count }, () =>
          startRun(opened, { search: { attributes: { phase: "new", tags: ["all"] } } }),
        ),
      );
      let isDone = false;
      onTestFinished(() => {
        isDone = true;
      });
      const moving = (async () => {
        for (const run of runs) {
          await committedTurn(opened, lease, run, { search: { attributes: { phase: "paid" } } });
          const operationId = freshId();
          await opened.store.setAttributes({ ...run, operationId, attributes: { phase: "sent" } });
          await closedRun(opened, lease, run);
        }
        isDone = true;
      })();
      while (!isDone) {
        const groups = await opened.store.aggregate({}, { attribute: "phase" });
        expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(count);
        const either = await opened.store.list({
          ...{ limit: 100, offset: 0 },
          attributes: [{ name: "phase", test: "any-of", values: ["new", "paid", "sent"] }],
        });
        expect(either.total).toBe(count);
        expect(new Set(either.runs.map((run) => run.workflowId)).size).toBe(count);
        // Attribute and status move in one step: nothing is new and running, or paid and pending.
        expect(await opened.store.count({ status: ["running"], attributes: [phase("new")] })).toBe(0);
        expect(await opened.store.count({ status: ["pending"], attributes: [phase("paid")] })).toBe(0);
      }
      await moving;
      expect(await opened.store.count({ status: ["completed"], attributes: [phase("sent")] })).toBe(count);
    },
  );

  test("a run without attributes and memo has no key and no field of theirs", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened);
    await committedTurn(opened, lease, run);
    const { attributes, byAttribute, memos, header } = opened.partition;
    expect(await opened.redis.exists(attributes, byAttribute, memos)).toBe(0);
    expect(await opened.redis.hexists(header(run.workflowId), "searchable")).toBe(0);
  });

  test("a start sent again, and one that finds a run, change no attribute", async () => {
    const opened = await open();
    const request = startRequest({ search: { attributes: { a: 1 }, memo: encodePayload("m") } });
    await opened.store.start(request);
    await opened.store.setAttributes({ ...request, operationId: freshId(), attributes: { a: 2 } });
    const before = await opened.snapshot();
    expect(await opened.store.start(request)).toMatchObject({ outcome: "started" });
    const other = { ...request, runId: freshId("run"), onOpen: "use-existing" } as const;
    expect(await opened.store.start(other)).toMatchObject({ outcome: "open" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("start-or-signal gives attributes to the run that it starts, also in the place of a closed one, and to no other", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const call = (attributes: AttributeChanges) => {
      const { runId, type, input } = startRequest();
      const signal = { name: "paid", payload: input, signalId: freshId(), operationId: freshId() };
      return opened.store.startOrSignal({
        ...{ workflowId: "cart", runId, type, input, signal, onTerminalConflict: "start-new" },
        search: { attributes, memo: encodePayload(runId) },
      });
    };
    const first = await call({ a: 1 });
    await call({ a: 2, b: 2 });
    expect((await opened.store.describe("cart"))?.attributes).toEqual({ a: 1 });
    if (!("runId" in first)) throw new Error("nothing was started");
    await closedRun(opened, lease, { workflowId: "cart", runId: first.runId, type: "order" });
    expect(await call({ b: 3 })).toMatchObject({ outcome: "started" });
    expect((await opened.store.describe("cart"))?.attributes).toEqual({ b: 3 });
    expect(await opened.redis.zcard(opened.partition.byAttribute)).toBe(1);
  });

  test("an update that starts a run in the place of a closed one leaves nothing of its predecessor", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const attributes = { a: 1, tags: ["x", "y"] };
    const first = await startRun(opened, { search: { attributes, memo: encodePayload("m") } });
    await closedRun(opened, lease, first);
    const { onOpen: _none, ...start } = startRequest({ workflowId: first.workflowId });
    const update = { name: "rename", input: encodePayload(1), updateId: "u1" };
    const request = { ...start, onOpen: "fail", update, search: { attributes: { b: 2 } } } as const;
    const reply = await opened.store.startWithUpdate(request, { until: "admitted" });
    expect(reply).toMatchObject({ outcome: "started" });
    const description = await opened.store.describe(first.workflowId);
    expect(description).toMatchObject({ attributes: { b: 2 } });
    expect(description).not.toHaveProperty("memo");
    expect(await opened.redis.zcard(opened.partition.byAttribute)).toBe(1);
  });

  test("set-attributes sent again late changes nothing, and too many are refused before any write", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const request = { workflowId: run.workflowId, operationId: freshId() };
    await opened.store.setAttributes({ ...request, attributes: { a: 1 } });
    await opened.store.setAttributes({ ...request, operationId: freshId(), attributes: { a: 2 } });
    const before = await opened.snapshot();
    expect(await opened.store.setAttributes({ ...request, attributes: { a: 1 } })).toMatchObject({
      outcome: "applied",
    });
    const many = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`b${index}`, index]));
    const tooMany = { ...request, operationId: freshId(), attributes: many };
    expect(await opened.store.setAttributes(tooMany)).toEqual({ outcome: "too-many", count: 33 });
    expect(await opened.snapshot()).toEqual(before);
    expect(await opened.store.setAttributes({ ...tooMany, attributes: { ...many, a: null } })).toMatchObject({
      outcome: "applied",
    });
  });

  test("a refused turn writes no attributes, and the turns beside it are committed", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const [gone, run] = [await startRun(opened), await startRun(opened)];
    const turn = (of: TestRun, value: number) => ({
      ...({
        ...of,
        version: "1",
        statusBefore: "pending",
        statusAfter: "running",
        historyLengthBefore: 0,
      } as const),
      ...{
        entryIds: [],
        processedDelta: 0,
        records: [encodeHistoryRecord({ kind: "signal-awaited", seq: 1, name: "paid" })],
        activities: [],
        timers: [],
      },
      ...{
        endedActivities: [],
        endedTimers: [],
        search: { attributes: { value }, memo: encodePayload(value) },
      },
    });
    await opened.store.terminate({ workflowId: gone.workflowId, operationId: freshId() });
    const reply = await opened.store.commitTurns(lease, [turn(gone, 1), turn(run, 2)], {
      after: "0",
      limit: 1,
    });
    expect(reply).toMatchObject({
      turns: [{ outcome: "changed" }, { outcome: "committed", historyLength: 1 }],
    });
    expect(await opened.store.describe(gone.workflowId)).not.toHaveProperty("attributes");
    expect(await opened.store.describe(run.workflowId)).toMatchObject({
      attributes: { value: 2 },
      memo: Buffer.from(encodePayload(2)),
    });
  });
});
