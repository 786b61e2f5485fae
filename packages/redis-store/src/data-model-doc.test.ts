import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { namespaceKeys } from "./keys.js";

const page = readFileSync(new URL("../../../docs/redis-data-model.md", import.meta.url), "utf8");
const {
  partitions,
  partitionOf: _partitionOf,
  ...namespaceWide
} = namespaceKeys({
  prefix: "<prefix>",
  namespace: "<namespace>",
  partitions: 1,
});
const [partition] = partitions;
if (partition === undefined) throw new Error("a namespace has a partition");

/** What stands in the page for the arguments of a key. */
const families: Record<string, string> = {
  header: partition.header("<id>"),
  history: partition.history("<id>"),
  signalIds: partition.signalIds("<id>"),
  cutOff: partition.cutOff("<id>"),
  offloaded: partition.offloaded("<id>"),
  activity: partition.activity("<run>", "<seq>" as unknown as number),
  children: partition.children("<id>"),
  delivery: partition.delivery("<kind>" as "signal", "<run>", "<seq>" as unknown as number),
  schedule: partition.schedule("<schedule>"),
  scheduleRequests: partition.scheduleRequests("<schedule>"),
  scheduleOperations: partition.scheduleOperations("<schedule>"),
  index: partition.index("<type>", "<status>" as "pending"),
  queueWorkers: namespaceWide.queueWorkers("<queue>"),
  queueWorkerDetails: namespaceWide.queueWorkerDetails("<queue>"),
  rateBucket: namespaceWide.rateBucket("<digest>"),
  idempotencyKey: namespaceWide.idempotencyKey("<digest>"),
  quota: namespaceWide.quota("<digest>"),
  limit: namespaceWide.limit("<key>"),
  limitSlots: namespaceWide.limitSlots("<key>"),
  limitWindow: namespaceWide.limitWindow("<key>"),
  limitWaiting: namespaceWide.limitWaiting("<key>"),
  pollers: namespaceWide.pollers("<queue>"),
  log: namespaceWide.log("<id>"),
  documents: namespaceWide.documents("<collection>"),
  documentIds: namespaceWide.documentIds("<collection>"),
  wakeChannel: namespaceWide.wakeChannel("<coordinator>"),
  queryChannel: namespaceWide.queryChannel("<coordinator>"),
  clientChannel: namespaceWide.clientChannel("<client>"),
};

function familyOf(name: string, key: unknown): string {
  const family = typeof key === "string" ? key : families[name];
  if (family === undefined) throw new Error(`say in this test how ${name} is written`);
  return family.replace("{<prefix>:<namespace>:0}", "T").replace("{<prefix>:<namespace>}", "N");
}

const { partition: _number, ...partitionKeys } = partition;
describe("docs/redis-data-model.md", () => {
  test.each(Object.entries({ ...partitionKeys, ...namespaceWide }))("explains the key %s", (name, key) => {
    expect(page).toContain(`\`${familyOf(name, key)}\``);
  });

  test("says how to measure again", () => {
    expect(page).toContain("packages/redis-store/src/data-model.redis.test.ts");
  });
});
