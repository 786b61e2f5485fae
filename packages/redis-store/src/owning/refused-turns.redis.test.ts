import type { TurnCommit } from "@heddle/core";
import { encodeHistoryRecord, encodePayload, resolveActivityPolicy } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, FIRST_PAGE, signalRequest, startRun, turnOf, type TestRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

/** A turn with something of everything, so that a refused one must skip all of it. */
async function fullTurn(
  opened: TestStore,
  run: TestRun,
  change: Partial<TurnCommit> = {},
): Promise<TurnCommit> {
  const lease = {
    partition: 0,
    nonce: String(await opened.redis.hget(opened.partition.lease, "nonce")),
    epoch: 1,
  };
  return turnOf(opened, lease, run, {
    activities: [
      {
        ...{ seq: 1, name: "charge", queue: "payments", token: "t1", historyIndex: 0, checkAfterMs: 1 },
        policy: resolveActivityPolicy(),
      },
    ],
    timers: [{ seq: 2, durationMs: 1 }],
    endedActivities: [3],
    endedTimers: [4],
    updates: [{ updateId: "click-1", state: "accepted" }],
    ...change,
  });
}

const closing: Partial<TurnCommit> = {
  statusAfter: "completed",
  retentionMs: 1,
  records: [encodeHistoryRecord({ kind: "completed", at: 1, result: encodePayload(1) })],
};
/** Nothing to read behind, so that the owner's idle note does not change either. */
const NO_PAGE = { after: "0", limit: 0 } as const;

describe.each(SERVERS)("a refused turn on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("refused"));

  test.each<[string, Partial<TurnCommit>]>([
    ["another run", { runId: "of another start" }],
    ["another status", { statusBefore: "running" }],
    ["another history length", { historyLengthBefore: 3 }],
    ["another run, closing", { runId: "of another start", ...closing }],
  ])("computed from %s changes nothing", async (_name, change) => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await fullTurn(opened, run, change);
    const before = await opened.snapshot();
    const reply = await opened.store.commitTurns(lease, [turn], NO_PAGE);
    expect(reply).toMatchObject({ outcome: "ok", turns: [{ outcome: "changed" }], outbox: [] });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("of a workflow that is gone changes nothing", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await fullTurn(opened, run, { workflowId: "nobody" });
    const before = await opened.snapshot();
    const reply = await opened.store.commitTurns(lease, [turn], NO_PAGE);
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }] });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("that would close a run before all that was accepted is in its history changes nothing", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await fullTurn(opened, run, closing);
    await opened.store.signal(signalRequest(run));
    const before = await opened.snapshot();
    const refused = await opened.store.commitTurns(lease, [turn], NO_PAGE);
    expect(refused).toMatchObject({ turns: [{ outcome: "more-accepted" }], outbox: [] });
    expect(await opened.snapshot()).toEqual(before);
    const complete = await fullTurn(opened, run, closing);
    const committed = await opened.store.commitTurns(lease, [complete], NO_PAGE);
    expect(committed).toMatchObject({ turns: [{ outcome: "committed" }] });
  });

  test("leaves the turns before and behind it alone", async () => {
    const opened = await open();
    const { store } = opened;
    const runs = await Promise.all([startRun(opened), startRun(opened), startRun(opened), startRun(opened)]);
    const lease = await acquiredLease(opened);
    const [first, changed, late, last] = await Promise.all(
      runs.map((run, index) => fullTurn(opened, run, index === 2 ? closing : {})),
    );
    const [, secondRun, thirdRun] = runs;
    if (!first || !changed || !late || !last || !secondRun || !thirdRun) throw new Error("four turns");
    await store.suspend({ workflowId: secondRun.workflowId });
    await store.signal(signalRequest(thirdRun));
    const reply = await store.commitTurns(lease, [first, changed, late, last], FIRST_PAGE);
    expect(reply).toMatchObject({
      turns: [
        { outcome: "committed", historyLength: 1 },
        { outcome: "changed" },
        { outcome: "more-accepted" },
        { outcome: "committed", historyLength: 1 },
      ],
      outbox: [{ ticket: { workflowId: first.workflowId } }, { ticket: { workflowId: last.workflowId } }],
    });
    const statuses = await Promise.all(
      runs.map(async (run) => (await store.describe(run.workflowId))?.status),
    );
    expect(statuses).toEqual(["running", "suspended", "pending", "running"]);
    if (reply.outcome !== "ok") return;
    expect(reply.entries.map((entry) => entry.workflowId).sort()).toEqual(
      [secondRun.workflowId, thirdRun.workflowId, thirdRun.workflowId].sort(),
    );
    const repeated = await store.commitTurns(lease, [first, last], FIRST_PAGE);
    expect(repeated).toMatchObject({ turns: [{ outcome: "changed" }, { outcome: "changed" }] });
  });
});
