import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, FIRST_PAGE, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("removing a run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("remove"));

  test("leaves no trace of a closed one, unless a key names it", async () => {
    const opened = await open();
    const { store, redis, partition } = opened;
    const run = await startRun(opened, { search: { attributes: { colour: "blue" } } });
    const keyed = await startRun(opened, { workflowId: store.workflowIdOfKey("k"), idempotencyKey: "k" });
    const lease = await acquiredLease(opened);
    for (const each of [run, keyed]) {
      await closedRun(opened, lease, each, { retentionMs: 60_000 });
      const seen = await store.describe(each.workflowId);
      if (seen === undefined) throw new Error("the run is closed, and there");
      expect(await store.removeRun(seen)).toEqual({ outcome: "removed" });
      // Sent again.
      expect(await store.removeRun(seen)).toEqual({ outcome: "not-found" });
    }
    expect(await store.count({})).toBe(0);
    expect(await redis.hgetall(partition.tombstones)).toEqual({ [keyed.workflowId]: keyed.runId });
    await store.readInbox(lease, FIRST_PAGE);
    const left = Object.keys(await opened.snapshot()).map((key) => key.split(":").at(-1));
    expect(left.sort()).toEqual(["feed", "idem", "inbox", "lease", "settings", "types"]);
  });

  test("changes nothing of one that is open, or was replaced since it was looked at", async () => {
    const opened = await open();
    const { store } = opened;
    const run = await startRun(opened);
    const openRun = await store.describe(run.workflowId);
    if (openRun === undefined) throw new Error("the run is there");
    const refused = async (seen: typeof openRun) => {
      const before = await opened.snapshot();
      expect(await store.removeRun(seen)).toEqual({ outcome: "changed" });
      expect(await opened.snapshot()).toEqual(before);
    };
    await refused(openRun);
    await closedRun(opened, await acquiredLease(opened), run, { retentionMs: 60_000 });
    await refused(openRun);
    const closed = await store.describe(run.workflowId);
    if (closed === undefined) throw new Error("the run is there");
    await startRun(opened, { workflowId: run.workflowId });
    await refused(closed);
  });
});
