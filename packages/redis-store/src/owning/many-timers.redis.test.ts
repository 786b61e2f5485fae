// What an owner does when a great many timers are due at once: slice by slice, with room for everything else between.
import type { InboxEntry, Lease, TimerRef } from "@heddle/core";
import { randomNamespace } from "@heddle/testkit";
import { expect, inject, test } from "vitest";
import {
  acquiredLease,
  committedTurn,
  freshId,
  signalRequest,
  startRun,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, type TestStore } from "../testing/test-store.js";

const RUNS = 20;
const TIMERS_OF_A_RUN = 5_000;
/** As the owner takes them. */
const SLICE = 200;

async function sleepingRun(opened: TestStore, lease: Lease): Promise<TestRun> {
  const run = await startRun(opened, { workflowId: freshId("sleeper:{eu}") });
  const due = Array.from({ length: TIMERS_OF_A_RUN }, (_, index) => ({ seq: index + 1, dueMs: 1 + index }));
  const later = { seq: TIMERS_OF_A_RUN + 1, durationMs: 3_600_000 };
  await committedTurn(opened, lease, run, { timers: [...due, later] });
  return run;
}

async function dueSlice(opened: TestStore, lease: Lease): Promise<readonly TimerRef[]> {
  const page = await opened.store.dueTimers(lease, SLICE);
  return page.outcome === "ok" ? page.due : [];
}

async function* inboxPages(opened: TestStore, lease: Lease): AsyncGenerator<readonly InboxEntry[]> {
  for (let after = "0"; ;) {
    const page = await opened.store.readInbox(lease, { after, limit: 10_000 });
    const last = page.outcome === "ok" ? page.entries.at(-1) : undefined;
    if (page.outcome !== "ok" || last === undefined) return;
    yield page.entries;
    after = last.entryId;
  }
}

test(
  "of 100,000 due timers none is lost, none fires twice or early, and signals get in between",
  { timeout: 60_000 },
  async () => {
    const opened = await openTestStore({ url: inject("redisUrl") }, randomNamespace("timers"));
    const lease = await acquiredLease(opened);
    const runs: TestRun[] = [];
    while (runs.length < RUNS) runs.push(await sleepingRun(opened, lease));
    expect(await opened.redis.zcard(opened.partition.timers)).toBe(RUNS * (TIMERS_OF_A_RUN + 1));

    let slices = 0;
    for (let due = await dueSlice(opened, lease); due.length > 0; due = await dueSlice(opened, lease)) {
      expect(due.length).toBeLessThanOrEqual(SLICE);
      await opened.store.fireTimers(lease, due);
      slices++;
      if (slices % 100 > 0) continue;
      // As an owner does whose first call was answered by nobody.
      await opened.store.fireTimers(lease, due);
      const [run] = runs;
      if (run !== undefined) await opened.store.signal(signalRequest(run));
    }

    const fired = new Map(runs.map(({ runId }) => [runId, new Set<number>()]));
    const order: string[] = [];
    let events = 0;
    for await (const entries of inboxPages(opened, lease)) {
      for (const { kind, runId, reference } of entries) {
        if (order.at(-1) !== kind) order.push(kind);
        if (kind !== "timer-fired") continue;
        events++;
        fired.get(runId)?.add(Number(reference));
      }
    }
    const wanted = new Set(Array.from({ length: TIMERS_OF_A_RUN }, (_, index) => index + 1));
    expect(events).toBe(RUNS * TIMERS_OF_A_RUN);
    for (const { runId } of runs) expect(fired.get(runId)).toEqual(wanted);
    expect(order.slice(0, 4)).toEqual(["timer-fired", "signal", "timer-fired", "signal"]);
    expect(await opened.redis.zcard(opened.partition.timers)).toBe(RUNS);
  },
);
