import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, committedTurn, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("open runs on $server", ({ connection }) => {
  test("are paged through by type and status, each at least once, and closed ones not", async () => {
    const opened = await openTestStore(connection(), randomNamespace("open"));
    const { store } = opened;
    const lease = await acquiredLease(opened);
    const runs = [];
    for (let index = 0; index < 30; index += 1) {
      runs.push(
        await startRun(opened, { workflowId: `w${index}`, type: index % 3 === 0 ? "order" : "invoice" }),
      );
    }
    const [closed, running, suspended] = runs;
    if (!closed || !running || !suspended) throw new Error("thirty runs");
    await closedRun(opened, lease, closed);
    await committedTurn(opened, lease, running);
    await store.suspend({ workflowId: suspended.workflowId });
    const seen = new Map<string, string>();
    let cursor = "";
    let pageCount = 0;
    do {
      const page = await store.openRuns(lease, { cursor, limit: 5 });
      for (const header of page.headers) seen.set(header.workflowId, header.status);
      cursor = page.cursor;
      pageCount += 1;
    } while (cursor !== "");
    expect(pageCount).toBeGreaterThan(1);
    expect([...seen.keys()].sort()).toEqual(
      runs
        .slice(1)
        .map((run) => run.workflowId)
        .sort(),
    );
    expect(seen.get(running.workflowId)).toBe("running");
    expect(seen.get(suspended.workflowId)).toBe("suspended");
  });

  test("of an empty partition are none", async () => {
    const opened = await openTestStore(connection(), randomNamespace("open"));
    const lease = await acquiredLease(opened);
    expect(await opened.store.openRuns(lease, { cursor: "", limit: 5 })).toEqual({ headers: [], cursor: "" });
    expect(await opened.store.heldRuns(lease)).toEqual([]);
    expect(await opened.store.loadRuns(lease, ["nobody"])).toEqual([undefined]);
  });
});
