// What `list` and `count` promise: newest first, filters, offsets, and a cursor without gap or repeat.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { InvalidArgumentError, workflow, type ListOptions } from "heddle";
import { expect, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { openEngine } from "./support/open-engine.js";

test("a cursor gives every run that was there, once, while others start and close", async () => {
  const namespace = randomNamespace("lists");
  const client = await openEngine({ namespace, roles: ["client"] });
  const start = (id: string) => client.start("collect-notes", { count: 1 }, { id });
  const there = Array.from({ length: 230 }, (_, index) => `there-${index}`);
  await Promise.all(there.map(start));
  const seen: string[] = [];
  let cursor: string | undefined;
  let later = 0;
  do {
    const page = await client.list({ limit: 17, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.limit).toBe(17);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
    await Promise.all(Array.from({ length: 5 }, () => start(`later-${later++}`)));
  } while (cursor !== undefined);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((id) => id.startsWith("there-")).sort()).toEqual([...there].sort());
  expect(await client.count()).toBe(230 + later);
});

test("the newest come first, ties by id, and offsets page through the same order", async () => {
  const client = await openEngine({ roles: ["client"] });
  await Promise.all(
    Array.from({ length: 60 }, (_, index) => client.start("order", {}, { id: `o-${index}` })),
  );
  const all = await client.list({ limit: 100 });
  expect(all).toMatchObject({ total: 60, offset: 0, limit: 100 });
  expect(all.cursor).toBeUndefined();
  const expected = [...all.items].sort(
    (left, right) => right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? 1 : -1),
  );
  const ascending = [...all.items].sort(
    (left, right) => right.createdAt.getTime() - left.createdAt.getTime() || (left.id < right.id ? -1 : 1),
  );
  const ids = all.items.map(({ id }) => id);
  expect([expected.map(({ id }) => id), ascending.map(({ id }) => id)]).toContainEqual(ids);
  const paged: string[] = [];
  for (let offset = 0; offset < 60; offset += 13) {
    const page = await client.list({ limit: 13, offset });
    expect(page).toMatchObject({ total: 60, offset, limit: 13 });
    paged.push(...page.items.map(({ id }) => id));
  }
  expect(paged).toEqual(ids);
  expect((await client.list({ offset: 1_000 })).items).toEqual([]);
});

test("filters by one status, by several, and by type count what they list", async () => {
  const failing = workflow({ name: "failing" }).execute(function* (ctx) {
    yield* ctx.sleep(0);
    throw new Error("no");
  });
  const engine = await openEngine({ workflows: [collectNotes, failing] });
  const open = await Promise.all([1, 2].map(() => engine.start("collect-notes", { count: 1 })));
  const done = await engine.start("collect-notes", { count: 0 });
  const failed = await engine.start("failing");
  await Promise.allSettled([done.result(), failed.result()]);
  await Promise.all(
    open.map((handle) =>
      waitFor(async () => (await handle.describe()).status === "running", {
        description: "the run runs",
      }),
    ),
  );
  const counts = async (filter: ListOptions) => {
    const { items, total } = await engine.list(filter);
    expect(items).toHaveLength(total);
    expect(await engine.count(filter)).toBe(total);
    return total;
  };
  expect(await counts({})).toBe(4);
  expect(await counts({ status: "running" })).toBe(2);
  expect(await counts({ status: ["completed", "failed"] })).toBe(2);
  expect(await counts({ status: "failed", type: "collect-notes" })).toBe(0);
  expect(await counts({ type: "failing" })).toBe(1);
  expect(await counts({ type: "no-such-type" })).toBe(0);
  await Promise.all(open.map((handle) => handle.signal(note, 1)));
  await Promise.all(open.map((handle) => handle.result()));
  expect(await counts({ status: "completed", type: "collect-notes" })).toBe(3);
});

test("bad options of a list are refused with the option's name", async () => {
  const client = await openEngine({ roles: ["client"] });
  const bad: [ListOptions, string][] = [
    [{ limit: 0 }, "limit"],
    [{ limit: 501 }, "limit"],
    [{ limit: 1.5 }, "limit"],
    [{ offset: -1 }, "offset"],
    [{ offset: 10_001 }, "offset"],
    [{ cursor: "made up" }, "cursor"],
    [{ status: "asleep" as "running" }, "status"],
    [{ state: "running" } as ListOptions, "state"],
  ];
  for (const [options, field] of bad) {
    const listed = client.list(options);
    await expect(listed).rejects.toThrow(InvalidArgumentError);
    await expect(listed).rejects.toMatchObject({ details: { field } });
  }
});
