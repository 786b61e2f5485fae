// Everything that gives a run another status tells it to who watches, in the same step.
import type { ChangeReader, StoredChange } from "@heddle/core";
import { encodeHistoryRecord, encodePayload } from "@heddle/protocol";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  signalRequest,
  startRequest,
  startRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

async function opened(store: TestStore["store"], after?: readonly string[]): Promise<ChangeReader> {
  const reader = await store.openChanges(after);
  onTestFinished(() => reader.close());
  return reader;
}

async function nextChanges(reader: ChangeReader, count: number): Promise<StoredChange[]> {
  const changes: StoredChange[] = [];
  while (changes.length < count) {
    const reply = await reader.next(AbortSignal.timeout(10_000));
    if (reply.outcome === "lost") throw new Error("changes were lost");
    changes.push(...reply.changes);
  }
  return changes;
}

const statusesOf = (changes: readonly StoredChange[]): string[] => changes.map(({ status }) => status);

/** More changes than a feed keeps, of runs that nobody looks for. */
async function flood({ redis, partition }: TestStore): Promise<void> {
  const entry = ["id", "w", "run", "r", "type", "order", "status", "pending", "created", "1"];
  for (let sent = 0; sent < 3_000; sent += 500) {
    await Promise.all(
      Array.from({ length: 500 }, () => redis.xadd(partition.feed, "MAXLEN", "~", 2_000, "*", ...entry)),
    );
  }
}

describe.each(SERVERS)("changes on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("changes"), options);

  test("a run is told when it starts, moves, is suspended, goes on and closes", async () => {
    const test = await open();
    const reader = await opened(test.store);
    const lease = await acquiredLease(test);
    const run = await startRun(test);
    await committedTurn(test, lease, run);
    await test.store.suspend({ workflowId: run.workflowId });
    await test.store.resume({ workflowId: run.workflowId });
    // A turn that leaves the status as it is tells nothing.
    await test.store.signal(signalRequest(run));
    await committedTurn(test, lease, run);
    await closedRun(test, lease, run);
    const changes = await nextChanges(reader, 5);
    expect(statusesOf(changes)).toEqual(["pending", "running", "suspended", "running", "completed"]);
    const [started] = changes;
    expect(started).toMatchObject({ ...run, partition: 0 });
    expect(Math.abs((started?.changedAtMs ?? 0) - (started?.createdAtMs ?? 0))).toBeLessThan(1_000);
  });

  test("all ways to start, replace and end a run are told", async () => {
    const test = await open();
    const reader = await opened(test.store);
    const first = await startRun(test);
    await startRun(test, { workflowId: first.workflowId, onOpen: "terminate-existing" });
    await test.store.terminate({ workflowId: first.workflowId, operationId: freshId() });
    const { onOpen: _, onClosed: __, ...fresh } = startRequest();
    const signal = { name: "go", payload: encodePayload(1), signalId: "1", operationId: freshId() };
    await test.store.startOrSignal({ ...fresh, signal, onTerminalConflict: "reject" });
    expect(statusesOf(await nextChanges(reader, 5))).toEqual([
      ...["pending", "terminated", "pending", "terminated", "pending"],
    ]);
  });

  test("a run that continues as new is told as continued, and the new one as pending", async () => {
    const test = await open();
    const lease = await acquiredLease(test);
    const run = await startRun(test);
    const reader = await opened(test.store);
    const runId = freshId("run");
    await committedTurn(test, lease, run, {
      statusAfter: "pending",
      records: [encodeHistoryRecord({ kind: "signal-awaited", seq: 1, name: "paid" })],
      continuation: { runId, input: encodePayload(1), events: [] },
    });
    const [before, after] = await nextChanges(reader, 2);
    expect([before?.status, before?.runId]).toEqual(["continued", run.runId]);
    expect([after?.status, after?.runId]).toEqual(["pending", runId]);
  });

  test("one who comes back gets what it missed, of every partition, once and in the order of each run", async () => {
    const test = await open({ partitions: 4 });
    const reader = await opened(test.store);
    await Promise.all(Array.from({ length: 20 }, () => startRun(test)));
    const first = await reader.next();
    reader.close();
    await Promise.all(Array.from({ length: 20 }, () => startRun(test)));
    const again = await opened(test.store, first.place);
    const missed = await nextChanges(again, 40 - (first.outcome === "changes" ? first.changes.length : 0));
    await startRun(test);
    const last = await nextChanges(again, 1);
    const all = [...(first.outcome === "changes" ? first.changes : []), ...missed, ...last];
    expect(new Set(all.map(({ workflowId }) => workflowId)).size).toBe(41);
    expect(all).toHaveLength(41);
  });

  test("one that was away for too long is told that it missed something, and goes on from now", async () => {
    const test = await open();
    const reader = await opened(test.store);
    const { start } = reader;
    reader.close();
    await flood(test);
    const late = await opened(test.store, start);
    expect(await late.next()).toMatchObject({ outcome: "lost" });
    const run = await startRun(test);
    expect(await nextChanges(late, 1)).toMatchObject([{ workflowId: run.workflowId }]);
  });

  test("a place ahead of the feed is taken for one of another time", async () => {
    const test = await open();
    await startRun(test);
    const ahead = await opened(test.store, [`${Date.now() + 60_000}-0`]);
    expect(await ahead.next()).toMatchObject({ outcome: "lost" });
  });

  test("the feed keeps a bounded number of changes", async () => {
    const test = await open();
    await flood(test);
    await startRun(test);
    expect(await test.redis.xlen(test.partition.feed)).toBeLessThan(2_200);
  });
});

test("readers share one look at Redis, and without readers there is none", async () => {
  const test = await openTestStore({ url: inject("redisUrl") }, randomNamespace("changes"));
  const { store, redis } = test;
  const readers = await Promise.all(Array.from({ length: 50 }, () => store.openChanges()));
  const waiting = readers.map((reader) => reader.next());
  const run = await startRun(test);
  for (const reply of await Promise.all(waiting)) {
    expect(reply).toMatchObject({ outcome: "changes", changes: [{ workflowId: run.workflowId }] });
  }
  const looks = async (): Promise<number> => {
    const info = await redis.info("commandstats");
    return Number(/cmdstat_xinfo\|stream:calls=(\d+)/.exec(info)?.[1] ?? 0);
  };
  const before = await looks();
  await waitFor(async () => (await looks()) >= before + 4, { description: "the loop looks again" });
  for (const reader of readers) reader.close();
  await waitFor(
    async () => {
      const first = await looks();
      await new Promise((resolve) => setTimeout(resolve, 600));
      return (await looks()) === first;
    },
    { description: "nobody looks any more" },
  );
});

test("who waits is told that the store is closed, and may give up before", async () => {
  const { store } = await openTestStore({ url: inject("redisUrl") }, randomNamespace("changes"));
  const reader = await store.openChanges();
  const gaveUp = new AbortController();
  const given = reader.next(gaveUp.signal);
  gaveUp.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  const waiting = reader.next();
  await store.close();
  await expect(waiting).rejects.toMatchObject({ code: "SHUT_DOWN" });
});
