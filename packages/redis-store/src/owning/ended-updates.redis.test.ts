import type { CarriedEvent, Lease, UpdateReply } from "@heddle/core";
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, committedTurn, freshId, inboxOf, startRun, type TestRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const COMPLETED = { until: "completed" } as const;
/** Of both kinds; see `ended-updates.lua`. */
const REMEMBERED = 100;

function requestOf(run: TestRun, updateId: string) {
  return { workflowId: run.workflowId, name: "rename", input: encodePayload("new"), updateId };
}

/** A completed update without a result that can be told from another's: its id is in the record. */
function recordOf(updateId: string, bytes = 1): Uint8Array {
  const result = encodePayload("x".repeat(bytes));
  return encodeHistoryRecord({ kind: "update-completed", updateId, result });
}

/** Completes updates that nobody asked for, as if they had been admitted before, in one turn. */
async function complete(
  opened: TestStore,
  lease: Lease,
  run: TestRun,
  records: ReadonlyMap<string, Uint8Array>,
  change: Parameters<typeof committedTurn>[3] = {},
): Promise<void> {
  const updates = [...records.keys()].map((updateId, recordIndex) => ({
    ...{ updateId, state: "completed" as const, recordIndex },
  }));
  await committedTurn(opened, lease, run, { records: [...records.values()], updates, ...change });
}

async function continued(
  opened: TestStore,
  lease: Lease,
  run: TestRun,
  events: readonly CarriedEvent[] = [],
): Promise<TestRun> {
  const runId = freshId("run");
  const continuation = { runId, input: encodePayload(2), events };
  await committedTurn(opened, lease, run, { statusAfter: "pending", records: [], continuation });
  return { ...run, runId };
}

function numbered(count: number, bytes = 1): Map<string, Uint8Array> {
  const ids = Array.from({ length: count }, (_, number) => `u${number}`);
  return new Map(ids.map((updateId) => [updateId, recordOf(updateId, bytes)]));
}

describe.each(SERVERS)("updates of a chain of runs on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("chain"));
  const outcomeOf = async (opened: TestStore, run: TestRun, updateId: string): Promise<UpdateReply> =>
    opened.store.update(requestOf(run, updateId), COMPLETED);

  test("one that moves on is told to who waits by the run that completes it, however late that is", async () => {
    const opened = await open();
    const first = await startRun(opened);
    const lease = await acquiredLease(opened);
    const request = requestOf(first, "u1");
    const waiting = opened.store.update(request, COMPLETED);
    await expect.poll(async () => (await inboxOf(opened, lease)).length).toBe(2);
    const carried = { kind: "update", ...request } as const;
    const second = await continued(opened, lease, first, [carried]);
    const third = await continued(opened, lease, second, [carried]);
    const again = opened.store.update(request, COMPLETED);
    await opened.store.update(request, { until: "admitted" });
    const record = recordOf("u1");
    await complete(opened, lease, third, new Map([["u1", record]]));
    const completed = {
      ...{ outcome: "completed", runId: third.runId, firstRunId: first.runId },
      record: Buffer.from(record),
    };
    expect(await Promise.all([waiting, again])).toEqual([completed, completed]);
  });

  test("one that a run leaves at work is abandoned, also for who asks in a later run", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const waiting = outcomeOf(opened, run, "u1");
    await expect.poll(async () => (await inboxOf(opened, lease)).length).toBe(2);
    await committedTurn(opened, lease, run, { updates: [{ updateId: "u1", state: "accepted" }] });
    const continuation = { runId: "run-2", input: encodePayload(2), events: [] };
    const updates = [{ updateId: "u1", state: "abandoned" as const }];
    await committedTurn(opened, lease, run, { statusAfter: "pending", continuation, updates });
    const abandoned = { outcome: "abandoned", status: "continued", accepted: true, firstRunId: run.runId };
    expect(await waiting).toMatchObject(abandoned);
    await continued(opened, lease, { ...run, runId: "run-2" });
    expect(await outcomeOf(opened, run, "u1")).toMatchObject(abandoned);
  });

  test("what earlier runs completed is answered as then, also from the turn that ended the run", async () => {
    const opened = await open();
    const first = await startRun(opened);
    const lease = await acquiredLease(opened);
    const [early, late] = [recordOf("early"), recordOf("late")];
    await complete(opened, lease, first, new Map([["early", early]]));
    const continuation = { runId: "run-2", input: encodePayload(2), events: [] };
    await complete(opened, lease, first, new Map([["late", late]]), { statusAfter: "pending", continuation });
    const second = { ...first, runId: "run-2" };
    const third = await continued(opened, lease, second);
    const runs = { outcome: "completed", runId: first.runId, firstRunId: first.runId };
    expect(await outcomeOf(opened, third, "early")).toEqual({ ...runs, record: Buffer.from(early) });
    expect(await outcomeOf(opened, third, "late")).toEqual({ ...runs, record: Buffer.from(late) });
    const header = await opened.store.describe(first.workflowId);
    expect(header).toMatchObject({ runId: third.runId, accepted: 1 });
  });

  test("the newest answers are kept; an older update is known as completed, and not run again", async () => {
    const opened = await open();
    const first = await startRun(opened);
    const lease = await acquiredLease(opened);
    await complete(opened, lease, first, numbered(REMEMBERED + 1));
    // Its history has them all.
    expect(await outcomeOf(opened, first, "u0")).toMatchObject({ outcome: "completed" });
    const second = await continued(opened, lease, first);
    expect(await outcomeOf(opened, second, "u0")).toMatchObject({ outcome: "forgotten" });
    expect(await outcomeOf(opened, second, "u1")).toMatchObject({ outcome: "completed" });
    await complete(opened, lease, second, new Map([["v", recordOf("v")]]));
    expect(await outcomeOf(opened, second, "u1")).toMatchObject({ outcome: "forgotten" });
    expect(await outcomeOf(opened, second, "u2")).toMatchObject({ outcome: "completed" });
  });

  test("together they are never larger than a payload, but for one that is", async () => {
    const opened = await open();
    const first = await startRun(opened);
    const lease = await acquiredLease(opened);
    await complete(opened, lease, first, numbered(4, 300_000));
    const second = await continued(opened, lease, first);
    const outcomes = async (run: TestRun) =>
      Promise.all(["u0", "u1", "u3"].map(async (id) => (await outcomeOf(opened, run, id)).outcome));
    expect(await outcomes(second)).toEqual(["forgotten", "completed", "completed"]);
    await complete(opened, lease, second, new Map([["big", recordOf("big", 1_048_570)]]));
    const third = await continued(opened, lease, second);
    expect(await outcomes(third)).toEqual(["forgotten", "forgotten", "forgotten"]);
    expect(await outcomeOf(opened, third, "big")).toMatchObject({ outcome: "completed" });
  });

  test("rejections are remembered for the newest, so they cost a workflow no more, however many come", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const failure = encodePayload({ name: "RangeError", message: "no" });
    const reject = async (ids: readonly string[]): Promise<void> => {
      const updates = ids.map((updateId) => ({ updateId, state: "rejected" as const, failure }));
      await committedTurn(opened, lease, run, { updates });
    };
    const ids = [...numbered(REMEMBERED + 1).keys()];
    await reject(ids);
    const fields = await opened.redis.hlen(opened.partition.signalIds(run.workflowId));
    await reject(ids.map((id) => `again-${id}`));
    expect(await opened.redis.hlen(opened.partition.signalIds(run.workflowId))).toBe(fields);
    expect(await outcomeOf(opened, run, "again-u1")).toMatchObject({ outcome: "rejected" });
    // Judged anew.
    const request = requestOf(run, "u1");
    expect(await opened.store.update(request, { until: "admitted" })).toMatchObject({ outcome: "admitted" });
  });
});
