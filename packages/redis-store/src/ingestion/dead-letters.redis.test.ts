import { decodePayload, encodePayload, InvalidArgumentError, type ErrorCode } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const idOf = (number: number) => `letter-${String(number).padStart(15, "0")}`;
const letter = (number: number, rest: { data?: string; code?: ErrorCode } = {}) => {
  const { data = `{"number":${number}}`, code = "INVALID_ARGUMENT" as const } = rest;
  return {
    ...{ id: idOf(number), name: "signal", jobId: `job-${number}`, code, message: "no" },
    ...{ data: encodePayload(data), dataBytes: data.length },
  };
};
const limits = { most: 100, mostBytes: 100_000 };

describe.each(SERVERS)("dead letters on $server", ({ connection }) => {
  async function open() {
    const opened = await openTestStore(connection(), randomNamespace("letters"));
    const { store } = opened;
    const add = (number: number, rest = {}) =>
      store.addDeadLetter({ letter: letter(number, rest), ...limits, ...rest });
    const listed = async (page: Partial<Parameters<typeof store.listDeadLetters>[0]> = {}) => {
      const { items, ...more } = await store.listDeadLetters({ limit: 10, order: "newest-first", ...page });
      return { ids: items.map(({ id }) => id), ...more };
    };
    return { ...opened, add, listed };
  }

  test("a letter is kept with its data, and listed without them", async () => {
    const { store, add } = await open();
    await add(1);
    const { items, total } = await store.listDeadLetters({ limit: 10, order: "newest-first" });
    const { data: _, ...facts } = letter(1);
    expect([items, total]).toEqual([[{ ...facts, refusedAtMs: expect.any(Number) as number }], 1]);
    const stored = await store.readDeadLetter(idOf(1));
    expect(stored).toMatchObject(facts);
    expect(stored && decodePayload(stored.data)).toBe('{"number":1}');
    for (const none of [idOf(2), "bytes", "count", `${idOf(1)}:data`]) {
      expect(await store.readDeadLetter(none)).toBeUndefined();
    }
  });

  test("refused again, a letter keeps its place and has the new reason", async () => {
    const { store, add, listed } = await open();
    await add(1);
    await add(2);
    await add(1, { code: "WORKFLOW_NOT_FOUND" });
    expect(await listed()).toMatchObject({ ids: [idOf(2), idOf(1)], total: 2 });
    expect(await store.readDeadLetter(idOf(1))).toMatchObject({ code: "WORKFLOW_NOT_FOUND" });
  });

  test("the new reason of a letter that is gone is not kept", async () => {
    const { add, snapshot } = await open();
    const before = await snapshot();
    expect(await add(1, { ifKept: true })).toEqual({ dropped: 0 });
    expect(await snapshot()).toEqual(before);
  });

  test("pages in either order have no gap and no repeat", async () => {
    const { add, listed } = await open();
    for (let number = 1; number <= 5; number++) await add(number);
    const first = await listed({ limit: 2 });
    expect(first).toMatchObject({ ids: [idOf(5), idOf(4)], total: 5 });
    await add(6);
    const second = await listed({ limit: 2, cursor: first.cursor });
    expect(second.ids).toEqual([idOf(3), idOf(2)]);
    expect(await listed({ limit: 2, cursor: second.cursor })).toEqual({
      ...{ ids: [idOf(1)], total: 6, cursor: undefined },
    });
    const oldest = await listed({ limit: 4, order: "oldest-first" });
    expect(oldest.ids).toEqual([1, 2, 3, 4].map(idOf));
    expect((await listed({ order: "oldest-first", cursor: oldest.cursor })).ids).toEqual([5, 6].map(idOf));
    await expect(listed({ cursor: "newest" })).rejects.toThrow(InvalidArgumentError);
  });

  test("the oldest make room by number and by size, and the one that came stays", async () => {
    const { store, redis, keys, add, listed } = await open();
    for (let number = 1; number <= 3; number++) await add(number);
    expect(await add(4, { most: 2 })).toEqual({ dropped: 2 });
    expect((await listed()).ids).toEqual([idOf(4), idOf(3)]);
    expect(await add(5, { mostBytes: 1 })).toEqual({ dropped: 2 });
    expect((await listed()).ids).toEqual([idOf(5)]);
    await store.removeDeadLetter(idOf(5));
    expect(await redis.hgetall(keys.deadLetters)).toEqual({ bytes: "0", count: "5" });
  });

  test("a removed letter is gone, once", async () => {
    const { store, add, snapshot, listed } = await open();
    await add(1);
    expect(await store.removeDeadLetter("bytes")).toBe(false);
    expect(await store.removeDeadLetter(idOf(1))).toBe(true);
    const before = await snapshot();
    expect(await store.removeDeadLetter(idOf(1))).toBe(false);
    expect(await snapshot()).toEqual(before);
    expect(await listed()).toEqual({ ids: [], total: 0, cursor: undefined });
  });
});
