import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { claimedActivity, scheduledActivity } from "../testing/activities.js";
import { acquiredLease, committedTurn, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("open activities by reference on $server", ({ connection }) => {
  test("are told as they are; those that are not open are undefined", async () => {
    const opened = await openTestStore(connection(), randomNamespace("open-activities"));
    const { store } = opened;
    const run = await startRun(opened);
    const { workflowId } = run;
    const lease = await acquiredLease(opened);
    const ticket = await scheduledActivity(opened, lease, run);
    await committedTurn(opened, lease, run, { references: [{ reference: "a", seq: 1 }] });
    const look = () => store.openActivities({ workflowId, references: ["none", "a"] });

    const scheduled = { name: "charge", queue: "payments", state: "scheduled" };
    expect(await look()).toEqual([undefined, { ...scheduled, claimedAtMs: undefined, worker: undefined }]);
    const { claimedAtMs } = await claimedActivity(opened, ticket);
    expect((await look())[1]).toMatchObject({ state: "started", claimedAtMs, worker: "worker-1" });
    await store.settle({ ticket, settlement: { outcome: "completed", result: new Uint8Array([0xc0]) } });
    expect(await look()).toEqual([undefined, undefined]);
    expect(await store.openActivities({ workflowId: "nobody", references: ["a"] })).toEqual([undefined]);
    expect(await store.openActivities({ workflowId, references: [] })).toEqual([]);
  });
});
