import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import type { AcceptingStore, ListQuery, RunHeader } from "../store/accepting-store.js";
import type { RunFilter } from "../store/run-filter.js";
import { countRuns, listRuns, MAX_PAGE, type ListOptions } from "./list.js";

const runs = Array.from({ length: 7 }, (_, index) =>
  headerOf(`order-${index}`, 1_000 + Math.floor(index / 2)),
);

test("items carry id, type, status, version and dates", async () => {
  const page = await listRuns(storeOf(runs).store, { limit: 1 });
  expect(page).toMatchObject({ total: 7, offset: 0, limit: 1 });
  expect(page.items).toEqual([
    {
      id: "order-6",
      runId: "run-order-6",
      type: "order",
      status: "running",
      version: "1",
      createdAt: new Date(1_003),
      updatedAt: new Date(2_003),
    },
  ]);
});

test("without options a page has 50 items from the start", async () => {
  const { store, asked } = storeOf(runs);
  expect(await listRuns(store, {})).toMatchObject({ limit: 50, offset: 0 });
  expect(asked).toEqual([{ limit: 50, offset: 0 }]);
});

test("pages by cursor meet every run once, in order, whatever starts meanwhile", async () => {
  const seen: string[] = [];
  let options: ListOptions = { limit: 2 };
  const all = [...runs];
  for (;;) {
    const page = await listRuns(storeOf(all).store, options);
    seen.push(...page.items.map((item) => item.id));
    if (page.cursor === undefined) break;
    options = { limit: 2, cursor: page.cursor };
    all.push(headerOf(`newer-${all.length}`, 5_000));
  }
  expect(seen).toEqual(["order-6", "order-4", "order-5", "order-2", "order-3", "order-0", "order-1"]);
});

test("the last page has no cursor", async () => {
  const page = await listRuns(storeOf(runs).store, { limit: 7 });
  expect("cursor" in page).toBe(false);
});

test("filters reach the store as lists, for list and for count", async () => {
  const { store, asked } = storeOf(runs);
  await listRuns(store, { status: "failed", type: "order", limit: 5 });
  await countRuns(store, { status: ["failed", "completed"] });
  await countRuns(store, {});
  expect(asked).toEqual([
    { status: ["failed"], type: "order", limit: 5, offset: 0 },
    { status: ["failed", "completed"] },
    {},
  ]);
});

test.each<[field: string, options: object]>([
  ["limit", { limit: 0 }],
  ["limit", { limit: MAX_PAGE + 1 }],
  ["limit", { limit: 1.5 }],
  ["limit", { limit: "5" }],
  ["offset", { offset: -1 }],
  ["offset", { offset: 10_001 }],
  ["offset", { offset: Number.NaN }],
  ["cursor", { cursor: "W10", offset: 5 }],
  ["cursor", { cursor: "rubbish" }],
  ["status", { status: "done" }],
  ["status", { status: ["running", "done"] }],
  ["status", { status: 5 }],
  ["workflow type", { type: "" }],
  ["workflow type", { type: "x".repeat(65) }],
  ["workflow type", { type: 5 }],
  ["state", { state: "running" }],
])("list refuses %s in %j without asking the store", async (field, options) => {
  const { store, asked } = storeOf(runs);
  const listing = listRuns(store, options);
  await expect(listing).rejects.toThrow(InvalidArgumentError);
  await expect(listing).rejects.toMatchObject({ details: { field } });
  expect(asked).toEqual([]);
});

test("count refuses the options of paging", async () => {
  const counting = countRuns(storeOf(runs).store, { limit: 5 } as object);
  await expect(counting).rejects.toThrow(/count has no option "limit"/);
});

/** A store that keeps its promise about lists, and notes what it was asked. */
function storeOf(stored: readonly RunHeader[]) {
  const asked: (ListQuery | RunFilter)[] = [];
  const newestFirst = [...stored].sort(
    (a, b) => b.createdAtMs - a.createdAtMs || (a.workflowId < b.workflowId ? -1 : 1),
  );
  const store: Pick<AcceptingStore, "list" | "count"> = {
    list: async (query) => {
      asked.push(query);
      const { after } = query;
      const index = newestFirst.findIndex((run) => run.workflowId === after?.workflowId);
      const rest = newestFirst.slice(after === undefined ? query.offset : index + 1);
      const page = rest.slice(0, query.limit);
      return { runs: page, total: stored.length, hasMore: rest.length > page.length };
    },
    count: async (filter) => {
      asked.push(filter);
      return stored.length;
    },
  };
  return { store: store as AcceptingStore, asked };
}

function headerOf(workflowId: string, createdAtMs: number): RunHeader {
  return {
    workflowId,
    runId: `run-${workflowId}`,
    type: "order",
    version: "1",
    status: "running",
    createdAtMs,
    updatedAtMs: createdAtMs + 1_000,
    historyLength: 1,
    accepted: 1,
    processed: 1,
    heldReason: undefined,
  };
}
