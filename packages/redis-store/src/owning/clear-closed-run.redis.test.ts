import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { scheduledActivity, storedActivity } from "../testing/activities.js";
import { acquiredLease, committedTurn, freshId, startRun, type TestRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("clear-closed-run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("clear"));
  const request = ({ workflowId, runId }: TestRun) => ({
    ...{ workflowId, runId },
    activities: [1],
    timers: [2],
    retentionMs: 60_000,
  });

  test("what a terminated run left behind is removed and its purge time is set, once", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const ticket = await scheduledActivity(opened, lease, run);
    await committedTurn(opened, lease, run, { timers: [{ seq: 2, durationMs: 1_000 }] });
    const whileOpen = await opened.snapshot();
    expect(await opened.store.clearClosedRun(lease, request(run))).toEqual({ outcome: "done" });
    expect(await opened.snapshot()).toEqual(whileOpen);

    await opened.store.terminate({ workflowId: run.workflowId, operationId: freshId() });
    expect(await opened.store.clearClosedRun(lease, request(run))).toEqual({ outcome: "done" });
    expect(await storedActivity(opened, lease, ticket)).toBeUndefined();
    const members = await opened.redis.zrange(opened.partition.timers, 0, "-1");
    expect(members).toEqual([`purge:0:${run.runId}:${run.workflowId}`]);
    const before = await opened.snapshot();
    expect(await opened.store.clearClosedRun(lease, request(run))).toEqual({ outcome: "done" });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("what a replaced run left behind is removed, and its successor keeps its own", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const old = await scheduledActivity(opened, lease, run);
    const successor = await startRun(opened, { workflowId: run.workflowId, onOpen: "terminate-existing" });
    const young = await scheduledActivity(opened, lease, successor);
    await opened.store.clearClosedRun(lease, request(run));
    expect(await storedActivity(opened, lease, old)).toBeUndefined();
    expect(await storedActivity(opened, lease, young)).toMatchObject({ state: "scheduled" });
    const members = await opened.redis.zrange(opened.partition.timers, 0, "-1");
    expect(members).toEqual([`activity:1:${successor.runId}:${run.workflowId}`]);
  });
});
