import type { StartWithUpdateRequest } from "@heddle/core";
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  inboxOf,
  startRequest,
  startRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const ADMITTED = { until: "admitted" } as const;

function request(
  change: Partial<StartWithUpdateRequest> = {},
  updateId = freshId("u"),
): StartWithUpdateRequest {
  const { onOpen: _none, ...start } = startRequest();
  const update = { name: "rename", input: encodePayload("new"), updateId };
  return { ...start, onOpen: "use-existing", update, ...change };
}

describe.each(SERVERS)("start-with-update on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("startupdate"), options);
  const kinds = async (opened: TestStore): Promise<string[]> =>
    (await inboxOf(opened, await acquiredLease(opened))).map((entry) => entry.kind);

  test("without a run it starts one, with the update right behind the start", async () => {
    const opened = await open();
    const asked = request();
    const { workflowId, runId } = asked;
    const started = { outcome: "started", update: { outcome: "admitted", runId, firstRunId: runId } };
    expect(await opened.store.startWithUpdate(asked, ADMITTED)).toEqual(started);
    const before = await opened.snapshot();
    expect(await opened.store.startWithUpdate(asked, ADMITTED)).toEqual(started);
    expect(await opened.snapshot()).toEqual(before);
    expect(await kinds(opened)).toEqual(["started", "update"]);
    expect(await opened.store.describe(workflowId)).toMatchObject({ runId, status: "pending", accepted: 2 });
    expect(await opened.store.list({ limit: 10, offset: 0 })).toMatchObject({ total: 1 });
  });

  test("its run has the timeouts that were asked for", async () => {
    const opened = await open();
    const asked = request({ times: { runTimeoutMs: 60_000 } });
    await opened.store.startWithUpdate(asked, ADMITTED);
    const { createdAtMs = 0, runDeadlineMs } = (await opened.store.describe(asked.workflowId)) ?? {};
    expect(runDeadlineMs).toBe(createdAtMs + 60_000);
    expect(await opened.redis.zcard(opened.partition.timers)).toBe(1);
  });

  test("the open run takes it, unless that is a conflict", async () => {
    const opened = await open();
    const { workflowId, runId } = await startRun(opened);
    const before = await opened.snapshot();
    const refused = await opened.store.startWithUpdate(request({ workflowId, onOpen: "fail" }), ADMITTED);
    expect(refused).toEqual({ outcome: "open", runId, status: "pending", type: "order" });
    expect(await opened.snapshot()).toEqual(before);
    const reply = await opened.store.startWithUpdate(request({ workflowId, type: "other" }), ADMITTED);
    const admitted = { outcome: "admitted", runId, firstRunId: runId };
    expect(reply).toEqual({ outcome: "existing", update: admitted });
    expect(await kinds(opened)).toEqual(["started", "update"]);
    expect(await opened.store.describe(workflowId)).toMatchObject({ type: "order", accepted: 2 });
  });

  test("a known update is found, also in a closed run, and starts nothing", async () => {
    const opened = await open();
    const asked = request();
    const { workflowId, runId, type } = asked;
    await opened.store.startWithUpdate(asked, ADMITTED);
    const lease = await acquiredLease(opened);
    const { updateId } = asked.update;
    const record = encodeHistoryRecord({ kind: "update-completed", updateId, result: encodePayload("ok") });
    const run = { workflowId, runId, type };
    const updates = [{ updateId, state: "completed" as const, recordIndex: 0 }];
    await committedTurn(opened, lease, run, { records: [record], updates });
    const again = request({ workflowId, onOpen: "fail", onClosed: "allow" }, updateId);
    const found = {
      outcome: "existing",
      update: { outcome: "completed", runId, firstRunId: runId, record: Buffer.from(record) },
    };
    expect(await opened.store.startWithUpdate(again, { until: "completed" })).toEqual(found);
    await closedRun(opened, lease, run);
    const before = await opened.snapshot();
    expect(await opened.store.startWithUpdate(again, { until: "completed" })).toEqual(found);
    expect(await opened.snapshot()).toEqual(before);
  });

  test.each([
    ["completed", "reject", "closed"],
    ["completed", "allow-failed-only", "closed"],
    ["failed", "allow-failed-only", "started"],
    ["completed", "allow", "started"],
  ] as const)("a %s predecessor and onClosed %s: %s", async (status, onClosed, outcome) => {
    const opened = await open();
    const run = await startRun(opened, { type: "old" });
    const lease = await acquiredLease(opened);
    await closedRun(opened, lease, run, { status });
    const before = await opened.snapshot();
    const asked = request({ workflowId: run.workflowId, onClosed });
    const reply = await opened.store.startWithUpdate(asked, ADMITTED);
    expect(reply.outcome).toBe(outcome);
    if (outcome === "closed") {
      expect(reply).toEqual({ outcome, runId: run.runId, status, type: "old" });
      expect(await opened.snapshot()).toEqual(before);
      return;
    }
    expect(await inboxOf(opened, lease)).toMatchObject([
      { kind: "started", runId: asked.runId, extra: run.runId },
      { kind: "update", runId: asked.runId },
    ]);
    expect(await opened.redis.zcard(opened.partition.index("old", status))).toBe(0);
  });

  test("what is refused starts nothing and writes nothing", async () => {
    const opened = await open({ limits: { partitionInboxCap: 2 } });
    const { store } = opened;
    const lease = await acquiredLease(opened);
    const purged = store.workflowIdOfKey("k");
    const run = await startRun(opened, { workflowId: purged, idempotencyKey: "k" });
    await closedRun(opened, lease, run, { retentionMs: 0 });
    await store.purge(lease, [{ kind: "purge", seq: 0, ...run }]);
    const suspended = await startRun(opened);
    await store.suspend({ workflowId: suspended.workflowId });
    await startRun(opened);
    const before = await opened.snapshot();
    const replies = [];
    for (const workflowId of [purged, suspended.workflowId, freshId()]) {
      replies.push(await store.startWithUpdate(request({ workflowId }), ADMITTED));
    }
    expect(replies).toEqual([
      { outcome: "purged" },
      { outcome: "existing", update: { outcome: "suspended", runId: suspended.runId } },
      { outcome: "inbox-full", scope: "partition", limit: 2 },
    ]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("of many at once one starts the run, and it gets the update once", async () => {
    const opened = await open();
    const { workflowId } = startRequest();
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => opened.store.startWithUpdate(request({ workflowId }, "u"), ADMITTED)),
    );
    expect(replies.filter(({ outcome }) => outcome === "started")).toHaveLength(1);
    expect(await kinds(opened)).toEqual(["started", "update"]);
  });
});
