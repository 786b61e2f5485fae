import type { ListQuery, RunHeader } from "@heddle/core";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, freshId, startRun, type TestRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

/** Sets a run's creation time, in its header and in its index: ties within a millisecond are rare by nature. */
async function createdAt({ redis, keys }: TestStore, run: TestRun, createdAtMs: number): Promise<void> {
  const partition = keys.partitionOf(run.workflowId);
  await redis.hset(partition.header(run.workflowId), "createdAtMs", createdAtMs);
  await redis.zadd(partition.index(run.type, "pending"), createdAtMs, run.workflowId);
}

/** Newest first, ties by id, as bytes. */
const ids = (headers: readonly RunHeader[]): string[] => headers.map((header) => header.workflowId);

async function idsByCursor(
  { store }: TestStore,
  query: Partial<ListQuery>,
  limit: number,
): Promise<string[]> {
  const seen: string[] = [];
  let after: RunHeader | undefined;
  for (;;) {
    const page = await store.list({ ...query, limit, offset: 0, ...(after === undefined ? {} : { after }) });
    seen.push(...ids(page.runs));
    after = page.runs.at(-1);
    if (!page.hasMore) return seen;
  }
}

describe.each(SERVERS)("list on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("list"), { partitions: 4 });

  /** 40 runs of two types in five milliseconds, with ids that sort differently by bytes and by language. */
  async function tiedRuns(opened: TestStore): Promise<string[]> {
    const names = Array.from(
      { length: 40 },
      (_, index) => `${["a", "B", "é", "{x}:", "~"][index % 5] ?? ""}${freshId()}`,
    );
    const runs = await Promise.all(
      names.map(async (workflowId, index) => {
        const run = await startRun(opened, { workflowId, type: index % 3 === 0 ? "order" : "invoice" });
        const createdAtMs = 1_000 + (index % 5);
        await createdAt(opened, run, createdAtMs);
        return { workflowId, createdAtMs };
      }),
    );
    return runs
      .sort(
        (left, right) =>
          right.createdAtMs - left.createdAtMs ||
          Buffer.compare(Buffer.from(right.workflowId), Buffer.from(left.workflowId)),
      )
      .map((run) => run.workflowId);
  }

  test.each([1, 3, 7, 39, 40, 100])(
    "pages of %i by offset show every run once, newest first",
    async (limit) => {
      const opened = await open();
      const expected = await tiedRuns(opened);
      const seen: string[] = [];
      for (let offset = 0; offset < 40; offset += limit) {
        const page = await opened.store.list({ limit, offset });
        expect(page.total).toBe(40);
        expect(page.hasMore).toBe(offset + limit < 40);
        seen.push(...ids(page.runs));
      }
      expect(seen).toEqual(expected);
      expect(await opened.store.list({ limit: 5, offset: 40 })).toEqual({
        runs: [],
        total: 40,
        hasMore: false,
      });
    },
  );

  test.each([1, 3, 7, 39, 40])("pages of %i by cursor show every run once, newest first", async (limit) => {
    const opened = await open();
    expect(await tiedRuns(opened).then((expected) => [expected])).toEqual([
      await idsByCursor(opened, {}, limit),
    ]);
  });

  test("paging by cursor has no gap and no repeat while others start and change", async () => {
    const opened = await open();
    const expected = await tiedRuns(opened);
    let isDone = false;
    const others = (async () => {
      for (let index = 0; !isDone; index += 1) {
        await startRun(opened, { workflowId: `young-${index}` });
        const workflowId = expected[index];
        if (workflowId !== undefined) await opened.store.suspend({ workflowId });
      }
    })();
    const seen = await idsByCursor(opened, {}, 2);
    isDone = true;
    await others;
    expect(seen.filter((workflowId) => !workflowId.startsWith("young-"))).toEqual(expected);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("runs are filtered and counted by type and status", async () => {
    const opened = await openTestStore(connection(), randomNamespace("list"));
    const { store } = opened;
    const lease = await acquiredLease(opened);
    const [first, second] = [await startRun(opened), await startRun(opened)];
    await startRun(opened, { type: "invoice" });
    await closedRun(opened, lease, first, { status: "failed" });
    await store.suspend({ workflowId: second.workflowId });
    const listed = async (filter: Partial<ListQuery>) => {
      const page = await store.list({ limit: 10, offset: 0, ...filter });
      expect(page.total).toBe(await store.count(filter));
      expect(page.runs).toHaveLength(page.total);
      return page.runs.map((run) => `${run.type} ${run.status}`).sort();
    };
    expect(await listed({})).toEqual(["invoice pending", "order failed", "order suspended"]);
    expect(await listed({ type: "order" })).toEqual(["order failed", "order suspended"]);
    expect(await listed({ status: ["failed", "pending"] })).toEqual(["invoice pending", "order failed"]);
    expect(await listed({ type: "order", status: ["suspended"] })).toEqual(["order suspended"]);
    expect(await listed({ type: "unknown" })).toEqual([]);
    expect(await listed({ status: [] })).toEqual([]);
    expect((await store.list({ limit: 10, offset: 0, type: "invoice" })).runs[0]).toMatchObject({
      type: "invoice",
      status: "pending",
      version: undefined,
    });
  });

  test("a run that closes moves between indexes and is never counted twice", async () => {
    const opened = await openTestStore(connection(), randomNamespace("list"));
    const lease = await acquiredLease(opened);
    const runs = await Promise.all(Array.from({ length: 20 }, () => startRun(opened)));
    let isDone = false;
    const closing = (async () => {
      for (const run of runs) await closedRun(opened, lease, run);
      isDone = true;
    })();
    while (!isDone) {
      const page = await opened.store.list({ limit: 50, offset: 0 });
      expect(page.total).toBe(20);
      expect(new Set(ids(page.runs)).size).toBe(20);
    }
    await closing;
    expect(await opened.store.count({ status: ["completed"] })).toBe(20);
  });
});
