import type { Lease, UpdateProgress, UpdateRequest } from "@heddle/core";
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  inboxOf,
  startRun,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const ADMITTED = { until: "admitted" } as const;
const COMPLETED = { until: "completed" } as const;

function updateRequest(run: { workflowId: string }, updateId = freshId("update")): UpdateRequest {
  return { workflowId: run.workflowId, name: "rename", input: encodePayload("new"), updateId };
}

/** The runs that an update's state names, when the run is the first of its chain. */
const runsOf = ({ runId }: TestRun) => ({ runId, firstRunId: runId });

function completion(updateId: string, value: unknown): Uint8Array {
  return encodeHistoryRecord({ kind: "update-completed", updateId, result: encodePayload(value) });
}

/** Commits what the code said of updates, with these records behind those of the events. */
async function progress(
  opened: TestStore,
  lease: Lease,
  run: TestRun,
  updates: readonly UpdateProgress[],
  records: readonly Uint8Array[] = [],
): Promise<void> {
  await committedTurn(opened, lease, run, { updates, records });
}

describe.each(SERVERS)("an update on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("update"), options);

  test("is admitted once, however often it is asked for", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const request = updateRequest(run, "u:w:1");
    const admitted = { outcome: "admitted", ...runsOf(run) };
    expect(await opened.store.update(request, ADMITTED)).toEqual(admitted);
    const before = await opened.snapshot();
    expect(await opened.store.update({ ...request, name: "other" }, ADMITTED)).toEqual(admitted);
    expect(await opened.snapshot()).toEqual(before);
    expect((await inboxOf(opened, lease)).slice(1)).toMatchObject([
      { kind: "update", name: "rename", reference: "u:w:1", runId: run.runId },
    ]);
  });

  test("is told to everyone who waits, and found by whoever asks later, also when the run is closed", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const request = updateRequest(run);
    const waiting = [
      opened.store.update(request, COMPLETED),
      opened.store.update(request, COMPLETED),
      opened.store.update(request, { until: "accepted" }),
    ];
    await expect.poll(async () => (await inboxOf(opened, lease)).length).toBe(2);
    // Those who asked last may still be on their way; asking shows that they have been heard.
    await opened.store.update(request, ADMITTED);
    const { updateId } = request;
    await progress(opened, lease, run, [{ updateId, state: "accepted" }], [completion("other", 0)]);
    expect(await waiting[2]).toEqual({ outcome: "accepted", ...runsOf(run) });
    const record = completion(updateId, "done");
    const records = [completion("other", 1), record];
    await progress(opened, lease, run, [{ updateId, state: "completed", recordIndex: 1 }], records);
    const completed = { outcome: "completed", ...runsOf(run), record: Buffer.from(record) };
    expect(await Promise.all(waiting.slice(0, 2))).toEqual([completed, completed]);
    await closedRun(opened, lease, run);
    expect(await opened.store.update(request, COMPLETED)).toEqual(completed);
    const { workflowId, runId: firstRunId } = run;
    expect(await opened.store.awaitUpdate({ workflowId, firstRunId, updateId }, COMPLETED)).toEqual(
      completed,
    );
  });

  test("that is rejected stays rejected", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const request = updateRequest(run);
    const waiting = opened.store.update(request, COMPLETED);
    await expect.poll(async () => (await inboxOf(opened, lease)).length).toBe(2);
    const failure = encodePayload({ name: "RangeError", message: "zu groß" });
    await progress(opened, lease, run, [{ updateId: request.updateId, state: "rejected", failure }]);
    const rejected = { outcome: "rejected", ...runsOf(run), failure: Buffer.from(failure) };
    expect(await waiting).toEqual(rejected);
    expect(await opened.store.update(request, COMPLETED)).toEqual(rejected);
  });

  test("that its run leaves open by closing is abandoned, whoever closes it", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened);
    const request = updateRequest(run);
    const { updateId } = request;
    const waiting = opened.store.update(request, COMPLETED);
    await expect.poll(async () => (await inboxOf(opened, lease)).length).toBe(2);
    await progress(opened, lease, run, [{ updateId, state: "accepted" }]);
    const again = opened.store.update(request, COMPLETED);
    const operationId = freshId("operation");
    await opened.store.terminate({ workflowId: run.workflowId, operationId });
    const abandoned = { outcome: "abandoned", ...runsOf(run), status: "terminated", accepted: true };
    expect(await Promise.all([waiting, again])).toEqual([abandoned, abandoned]);
    const successor = await startRun(opened, { workflowId: run.workflowId });
    const { workflowId, runId: firstRunId } = run;
    expect(await opened.store.awaitUpdate({ workflowId, firstRunId, updateId }, COMPLETED)).toEqual({
      outcome: "gone",
    });
    // The successor knows nothing of it.
    expect(await opened.store.update(request, ADMITTED)).toEqual({
      outcome: "admitted",
      ...runsOf(successor),
    });
  });

  test("that is refused writes nothing", async () => {
    const opened = await open({ limits: { runInboxCap: 2 } });
    const lease = await acquiredLease(opened);
    const [suspended, full, closed] = [
      await startRun(opened),
      await startRun(opened),
      await startRun(opened),
    ];
    await closedRun(opened, lease, closed);
    await opened.store.suspend({ workflowId: suspended.workflowId });
    await opened.store.update(updateRequest(full), ADMITTED);
    const before = await opened.snapshot();
    const refused = await Promise.all(
      [suspended, full, closed, { workflowId: "unknown" }].map((run) =>
        opened.store.update(updateRequest(run), COMPLETED),
      ),
    );
    expect(refused).toEqual([
      { outcome: "suspended", runId: suspended.runId },
      { outcome: "inbox-full", scope: "run", limit: 2 },
      { outcome: "closed", runId: closed.runId, status: "completed" },
      { outcome: "not-found" },
    ]);
    expect(await opened.snapshot()).toEqual(before);
  });
});
