import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("logs on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("logs"));
  const line = (text: string, atMs = 1) => ({ text, atMs });

  test("lines are read in the order in which they came; equal ones are all there", async () => {
    const { store } = await open();
    expect(await store.readLog("task")).toEqual([]);
    await store.appendLog({ logId: "task", operationId: "1", lines: [line("b", 9), line("a"), line("a")] });
    await store.appendLog({ logId: "task", operationId: "2", lines: [line("a")] });
    await store.appendLog({ logId: "other", operationId: "3", lines: [line("c")] });
    expect(await store.readLog("task")).toEqual([line("b", 9), line("a"), line("a"), line("a")]);
  });

  test("an operation that is repeated changes nothing", async () => {
    const { store, snapshot } = await open();
    const request = { logId: "task", operationId: "1", lines: [line("a"), line("b")] };
    await store.appendLog(request);
    const before = await snapshot();
    await store.appendLog(request);
    expect(await snapshot()).toEqual(before);
  });

  test("of many lines the last thousand stay, for a time", async () => {
    const { store, redis, keys } = await open();
    for (const operationId of ["1", "2", "3"]) {
      const lines = Array.from({ length: 400 }, (_, index) => line(`${operationId}.${index}`));
      await store.appendLog({ logId: "task", operationId, lines });
    }
    const kept = await store.readLog("task");
    expect([kept.length, kept[0]?.text, kept.at(-1)?.text]).toEqual([1_000, "1.200", "3.399"]);
    expect(await redis.pttl(keys.log("task"))).toBeGreaterThan(0);
  });
});
