import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namespaceKeys, parseTimerMember, partitionNumber, timerMember, workflowIdOfKey } from "./keys.js";

const keys = namespaceKeys({ prefix: "heddle", namespace: "shop", partitions: 16 });

/** What Redis Cluster hashes: the text between the first brace and the next closing one. */
function hashTag(key: string): string {
  const tag = /\{(.+?)\}/.exec(key)?.[1];
  if (tag === undefined) throw new Error(`${key} has no hash tag`);
  return tag;
}

describe("keys of a partition", () => {
  test("share one hash tag, whatever the workflow id holds", () => {
    for (const workflowId of ["order 7", "a:b:c", "{other}:x", "}{", "ordé\u{1f9f5}"]) {
      const partition = keys.partitionOf(workflowId);
      const all = [
        ...[partition.lease, partition.inbox, partition.timers, partition.outbox, partition.tombstones],
        ...[partition.types, partition.operations, partition.held, partition.header(workflowId)],
        ...[partition.history(workflowId), partition.signalIds(workflowId), partition.activity("run", 1)],
        ...[partition.messages, partition.children(workflowId), partition.delivery("signal", "run", 1)],
        partition.index("{type}:a", "pending"),
      ];
      expect(new Set(all.map(hashTag))).toEqual(new Set([`heddle:shop:${partition.partition}`]));
      expect(new Set(all).size).toBe(all.length);
    }
  });

  test("of two partitions, and of two namespaces, differ", () => {
    const other = namespaceKeys({ prefix: "heddle", namespace: "shop2", partitions: 16 });
    const inboxes = [...keys.partitions, ...other.partitions].map((partition) => partition.inbox);
    expect(new Set(inboxes).size).toBe(32);
    expect(new Set([keys.settings, other.settings, keys.coordinators, other.coordinators]).size).toBe(4);
  });

  test("of two runs never meet, because no part of one can look like another", () => {
    const { header, index } = keys.partitionOf("x");
    expect(index("a:b", "pending")).not.toBe(index("a", "pending"));
    expect(header("a")).not.toBe(header("a:"));
  });
});

describe("the partition of a workflow", () => {
  test("never changes: a changed hash would lose every stored run", () => {
    expect(["order-1", "order-2", "", "ordé", "key-0123"].map((id) => partitionNumber(id, 16))).toEqual([
      2, 11, 9, 8, 9,
    ]);
  });

  test.each<[string, (index: number) => string]>([
    ["counted ids", (index) => `order-${index}`],
    ["ids of keys", (index) => workflowIdOfKey(`invoice ${index}`)],
    ["padded ids", (index) => String(index).padStart(36, "0")],
    ["ids that differ at their start", (index) => `${index}-of-the-same-customer-and-day`],
  ])("is spread evenly over %s", (_name, idOf) => {
    const counts = new Array<number>(16).fill(0);
    for (let index = 0; index < 16_000; index += 1) {
      const partition = partitionNumber(idOf(index), 16);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });

  test("is the same for equal idempotency keys and 128 bits wide", () => {
    expect(workflowIdOfKey("a")).toBe(workflowIdOfKey("a"));
    expect(workflowIdOfKey("a")).toMatch(/^key-[0-9a-f]{32}$/);
    expect(workflowIdOfKey("a")).not.toBe(workflowIdOfKey("b"));
  });
});

describe("a member of the timers", () => {
  const timer = fc.record({
    kind: fc.constantFrom(
      "timer" as const,
      "activity" as const,
      "purge" as const,
      "start" as const,
      "deadline" as const,
    ),
    seq: fc.nat(),
    runId: fc.base64String({ minLength: 1 }).map((text) => text.replaceAll(/[+/=]/g, "_") || "r"),
    workflowId: fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.constantFrom("a:b:c", "timer:1:r:w", "{x}", "new\nline"),
    ),
  });

  test("reads back as the timer it names, whatever the workflow id holds", () => {
    fc.assert(
      fc.property(timer, (each) => {
        expect(parseTimerMember(timerMember(each))).toEqual(each);
      }),
    );
  });

  test.each(["", "alarm:1:r:w", "timer:x:r:w", "timer:1:r", "timer:1::w"])("is refused: %j", (member) => {
    expect(() => parseTimerMember(member)).toThrow("unknown timer");
  });
});
