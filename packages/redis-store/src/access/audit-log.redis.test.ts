import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("the audit log on $server", ({ connection }) => {
  async function open() {
    const opened = await openTestStore(connection(), randomNamespace("audit"));
    return { ...opened, access: opened.store.access };
  }
  const text = (n: number): string => `{"n":${n}}`;

  test("is read newest first, page by page, without gap or repeat", async () => {
    const { access } = await open();
    expect(await access.readAudit({ limit: 2 })).toEqual({ entries: [], cursor: undefined, broken: [] });
    await access.appendAudit({ id: "a", entries: [1, 2, 3].map(text), keep: 100 });
    await access.appendAudit({ id: "b", entries: [4, 5].map(text), keep: 100 });
    const first = await access.readAudit({ limit: 3 });
    const second = await access.readAudit({ limit: 3, cursor: first.cursor });
    expect([...first.entries, ...second.entries].map(({ entry }) => entry)).toEqual(
      [5, 4, 3, 2, 1].map(text),
    );
    expect([first.broken, second.broken, second.cursor]).toEqual([[], [], undefined]);
  });

  test("takes a batch once", async () => {
    const { access, snapshot } = await open();
    await access.appendAudit({ id: "a", entries: [text(1)], keep: 100 });
    const before = await snapshot();
    await access.appendAudit({ id: "a", entries: [text(1)], keep: 100 });
    expect(await snapshot()).toEqual(before);
  });

  test("shows where an entry was altered, and where one was taken out", async () => {
    const { access, redis, keys } = await open();
    await access.appendAudit({ id: "a", entries: [1, 2, 3, 4, 5].map(text), keep: 100 });
    const { entries } = await access.readAudit({ limit: 10 });
    const [newest, , middle] = entries;
    await redis.xdel(keys.audit, middle?.id ?? "");
    expect((await access.readAudit({ limit: 10 })).broken).toEqual([entries[1]?.id]);
    await redis.xdel(keys.audit, newest?.id ?? "");
    await redis.xadd(keys.audit, "*", "entry", text(7), "chain", newest?.chain ?? "");
    expect((await access.readAudit({ limit: 10 })).broken).toHaveLength(2);
  });

  test("keeps about as many entries as it is told to", async () => {
    const { access, redis, keys } = await open();
    const entries = Array.from({ length: 300 }, (_, n) => text(n));
    await access.appendAudit({ id: "a", entries, keep: 100 });
    expect(await redis.xlen(keys.audit)).toBeLessThan(220);
    expect((await access.readAudit({ limit: 500 })).broken).toEqual([]);
  });

  test.each(["", "x", "1", "1-1)", "+", "-", "1-1 2-2"])("refuses the cursor %j", async (cursor) => {
    const { access } = await open();
    await expect(access.readAudit({ limit: 1, cursor })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
