// Search attributes, memo and tags of real runs: set at start, by code and from outside, and what finds them.
import { randomNamespace, waitFor } from "@heddle/testkit";
import {
  type Engine,
  InvalidArgumentError,
  signal,
  workflow,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
  type RunFilterOptions,
} from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const note = signal<string>("note");

const order = workflow({ name: "order" })
  .searchAttributes({ customer: "string", total: "number", due: "date", phase: "string" })
  .execute(async function* (ctx, input: { total: number }) {
    ctx.setAttributes({ total: input.total, phase: "waiting" });
    ctx.setMemo({ asked: ctx.startedAtMs > 0 });
    const first = yield* ctx.waitForSignal(note);
    ctx.setAttributes({ phase: "noted", tags: ["noted"] });
    yield* ctx.waitForSignal(note);
    ctx.setAttribute("phase", null);
    return first;
  });

const settled = (find: () => Promise<number>, wanted: number) =>
  waitFor(async () => (await find()) === wanted, { description: `${wanted} runs are found` });

test("runs are found by what their start, their code and others say of them, and of no run before", async () => {
  const engine = await openEngine({ workflows: [order] });
  const due = new Date(Date.UTC(2030, 0));
  const [ada, bob] = await Promise.all([
    engine.start(
      "order",
      { total: 5 },
      { id: "o-1", attributes: { customer: "ada", due }, tags: ["vip"], memo: "m" },
    ),
    engine.start("order", { total: 50 }, { id: "o-2", attributes: { customer: "bob" } }),
  ]);
  await settled(() => engine.count({ status: "running", attributes: { phase: "waiting" } }), 2);
  const found = async (filter: RunFilterOptions) => {
    const { items, total } = await engine.list(filter);
    expect(total).toBe(items.length);
    expect(await engine.count(filter)).toBe(total);
    return items.map(({ id }) => id).sort();
  };
  expect(await found({ attributes: { customer: "ada" } })).toEqual(["o-1"]);
  expect(await found({ attributes: { customer: { in: ["ada", "bob"] }, total: { gte: 5 } } })).toEqual([
    "o-1",
    "o-2",
  ]);
  expect(await found({ attributes: { total: { gt: 5, lt: 51 } } })).toEqual(["o-2"]);
  expect(await found({ attributes: { due: { lte: due } }, tags: ["vip"] })).toEqual(["o-1"]);
  expect(await found({ attributes: { customer: { prefix: "b" } }, type: "order" })).toEqual(["o-2"]);
  expect(await found({ idPrefix: "o-", version: "1" })).toEqual(["o-1", "o-2"]);
  expect(await found({ createdAt: { from: 0, to: new Date(1) } })).toEqual([]);
  expect(await engine.aggregate({}, { groupBy: { attribute: "phase" } })).toEqual([
    { group: "waiting", count: 2 },
  ]);
  expect(await engine.aggregate({ tags: ["vip"] }, { groupBy: "status" })).toEqual([
    { group: "running", count: 1 },
  ]);

  // The code's memo has replaced that of the start; attributes of both stay.
  expect(await ada.describe()).toMatchObject({
    memo: { asked: true },
    attributes: { customer: "ada", total: 5, due, phase: "waiting", tags: ["vip"] },
  });
  await engine.setAttributes("o-2", { customer: "carl", phase: "seen" });
  expect(await found({ attributes: { customer: "bob" } })).toEqual([]);
  expect(await found({ attributes: { customer: "carl", phase: "seen" } })).toEqual(["o-2"]);

  for (const text of ["one", "two"]) await bob.signal(note, text);
  await bob.result();
  expect((await engine.list({ status: "completed" })).items[0]?.attributes).toEqual({
    ...{ customer: "carl", total: 50, tags: ["noted"] },
  });
  await expect(bob.setAttributes({ customer: "dora" })).rejects.toThrow(WorkflowNotRunningError);
  await expect(engine.setAttributes("o-3", { customer: "dora" })).rejects.toThrow(WorkflowNotFoundError);
  const again = await engine.start("order", { total: 1 }, { id: "o-2" });
  await settled(() => engine.count({ attributes: { total: 1 } }), 1);
  expect((await again.describe()).attributes).toEqual({ total: 1, phase: "waiting" });
});

test("code that was evicted and rebuilt sets nothing twice and goes on where it was", async () => {
  const namespace = randomNamespace("search");
  const first = await openEngine({ namespace, workflows: [order] });
  const started = await first.start("order", { total: 5 }, { id: "o-1" });
  await settled(() => first.count({ attributes: { phase: "waiting" } }), 1);
  await first.setAttributes("o-1", { phase: "asked", customer: "ada" });
  await first.shutdown();
  const second = await openEngine({ namespace, workflows: [order] });
  const handle = second.getHandle(started.id);
  // Replay must not write the code's old decision over what came later.
  expect(await second.count({ attributes: { phase: "asked" } })).toBe(1);
  await handle.signal(note, "one");
  await settled(() => second.count({ attributes: { phase: "noted", customer: "ada" }, tags: ["noted"] }), 1);
  const kinds = (await handle.history()).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "attributes-set")).toHaveLength(2);
  expect(await handle.history()).toContainEqual(
    expect.objectContaining({ kind: "attributes-set", attributes: { total: 5, phase: "waiting" } }),
  );
});

test("a run that continues as new keeps attributes and memo", async () => {
  const pager = workflow({ name: "pager" }).execute(async function* (ctx, input: { page: number }) {
    ctx.setAttribute("page", input.page);
    if (input.page === 1) ctx.setMemo("from page 1");
    if (input.page < 3) yield* ctx.continueAsNew({ page: input.page + 1 });
    yield* ctx.waitForSignal(note);
  });
  const engine = await openEngine({ workflows: [pager] });
  const handle = await engine.start("pager", { page: 1 }, { attributes: { owner: "ada" } });
  await settled(() => engine.count({ status: "running", attributes: { page: 3, owner: "ada" } }), 1);
  expect((await handle.describe()).memo).toBe("from page 1");
  expect(await engine.aggregate({}, { groupBy: { attribute: "page" } })).toEqual([{ group: 3, count: 1 }]);
});

test("open runs are counted by version, through roll-over, closing and continuing as new", async () => {
  const namespace = randomNamespace("search");
  const versioned = (version: string) =>
    workflow({ name: "versioned", version }).execute(async function* (ctx) {
      if ((yield* ctx.waitForSignal(note)) === "again") yield* ctx.continueAsNew();
    });
  const open = { status: ["pending", "running", "suspended"], type: "versioned" } as const;
  const counts = async (engine: Pick<Engine, "aggregate">) => {
    const groups = await engine.aggregate(open, { groupBy: "version" });
    return Object.fromEntries(groups.map(({ group, count }) => [String(group), count]));
  };
  const first = await openEngine({ namespace, workflows: [versioned("1")] });
  const old = await Promise.all([1, 2, 3].map(() => first.start("versioned")));
  await settled(() => first.count({ status: "running", version: "1" }), 3);
  await first.shutdown();
  const client = await openEngine({ namespace, roles: ["client"] });
  await client.start("versioned", undefined, { id: "new" });
  expect(await counts(client)).toEqual({ 1: 3, null: 1 });
  const second = await openEngine({ namespace, workflows: [versioned("1"), versioned("2")] });
  await settled(() => second.count({ status: "running" }), 4);
  expect(await counts(second)).toEqual({ 1: 3, 2: 1 });
  const [ended, renewed, terminated] = old.map(({ id }) => second.getHandle(id));
  await ended?.signal(note, "end");
  await ended?.result();
  await terminated?.terminate();
  await renewed?.signal(note, "again");
  await settled(async () => (await counts(second))["2"] ?? 0, 2);
  expect(await counts(second)).toEqual({ 2: 2 });
  // The same by looking at every run.
  expect(await second.aggregate({ ...open, idPrefix: "new" }, { groupBy: "version" })).toEqual([
    { group: "2", count: 1 },
  ]);
});

test("what cannot be right is refused before anything is written", async () => {
  const other = workflow({ name: "other" })
    .searchAttributes({ total: "string" })
    .execute(function* (ctx) {
      yield* ctx.sleep(1);
    });
  const engine = await openEngine({ workflows: [order] });
  expect(() => engine.register(other)).toThrow(
    /declares the search attribute "total" as string, workflow "order" as number/,
  );
  const bad: [object, RegExp][] = [
    [{ attributes: { total: "5" } }, /declared as number and got a string/],
    [
      { attributes: { colour: "red" } },
      /is not declared by its workflow, which has customer, total, due, phase/,
    ],
    [{ attributes: { customer: {} } }, /give a string, a finite number/],
    [{ tags: ["a"], attributes: { tags: ["b"] } }, /tags are given twice/],
  ];
  for (const [options, message] of bad) {
    const starting = engine.start("order", { total: 1 }, options);
    await expect(starting).rejects.toThrow(InvalidArgumentError);
    await expect(starting).rejects.toThrow(message);
  }
  await expect(engine.aggregate({}, { groupBy: "colour" as "type" })).rejects.toThrow(InvalidArgumentError);
  expect(await engine.count()).toBe(0);
});
