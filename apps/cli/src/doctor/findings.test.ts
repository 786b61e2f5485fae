import type { NamespaceInspection, PartitionInspection } from "@heddle/redis-store";
import { expect, test } from "vitest";
import { findingsOf } from "./findings.js";

const partition: PartitionInspection = {
  ...{
    partition: 0,
    owner: "a",
    leaseExpiresInMs: 2_000,
    inbox: 0,
    outbox: 0,
    held: 0,
    overdueMs: undefined,
  },
};
const server = {
  ...{ version: "7.2.4", evictionPolicy: "noeviction", appendOnly: true },
  ...{ usedMemoryBytes: 2 ** 20, maxMemoryBytes: 0 },
};
const healthy: NamespaceInspection = {
  servers: [server],
  clockAheadMs: 3,
  partitionCount: 1,
  coordinators: [{ id: "a", silentMs: 100 }],
  partitions: [partition],
};

function unwell(seen: NamespaceInspection): readonly string[] {
  return findingsOf(seen).flatMap(({ check, state }) => (state === "ok" ? [] : [`${check}: ${state}`]));
}

test("a healthy installation has nothing to tell", () => {
  expect(unwell(healthy)).toEqual([]);
});

const orphan = { ...partition, owner: undefined, leaseExpiresInMs: undefined, inbox: 1 };

test.each<[readonly string[], Partial<NamespaceInspection>]>([
  [["version: fault"], { servers: [{ ...server, version: "6.2.1" }] }],
  [["eviction: fault"], { servers: [{ ...server, evictionPolicy: "allkeys-lru" }] }],
  [["append-only file: warn"], { servers: [{ ...server, appendOnly: false }] }],
  [["memory: warn"], { servers: [{ ...server, maxMemoryBytes: 2 ** 20 }] }],
  [["clock: warn"], { clockAheadMs: -5_000 }],
  [["namespace: warn"], { partitionCount: undefined, coordinators: [], partitions: [] }],
  [["coordinators: warn"], { coordinators: [{ id: "a", silentMs: 60_000 }] }],
  [["coordinators: fault", "owners: fault"], { coordinators: [], partitions: [orphan] }],
  [["owners: fault"], { partitions: [{ ...partition, leaseExpiresInMs: -5, overdueMs: 1 }] }],
  [["timers: warn"], { partitions: [{ ...partition, overdueMs: 60_000 }] }],
  [["held runs: warn"], { partitions: [{ ...partition, held: 2 }] }],
  [["outbox: warn"], { partitions: [{ ...partition, outbox: 20_000 }] }],
])("%j is found", (expected, change) => {
  expect(unwell({ ...healthy, ...change })).toEqual(expected);
});
