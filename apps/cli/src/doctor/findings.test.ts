import type { NamespaceInspection, PartitionInspection, ServerInspection } from "@heddle/redis-store";
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
  ...{ product: "redis" as const, version: "8.4.0", advisories: { cves: [], fixedIn: undefined } },
  ...{ evictionPolicy: "noeviction", appendOnly: true },
  ...{ usedMemoryBytes: 2 ** 20, maxMemoryBytes: 0 },
};
const healthy: NamespaceInspection = {
  denied: [],
  isExposed: false,
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
  [["Lua engine: warn"], { servers: [{ ...server, advisories: { cves: ["CVE-1"], fixedIn: "8.4.1" } }] }],
  [["access: warn"], { isExposed: true }],
  [
    ["permissions: fault", "version, eviction, append-only file, memory: unknown"],
    { servers: [], denied: ["INFO"] },
  ],
  [["permissions: fault", "clock: unknown"], { clockAheadMs: undefined, denied: ["TIME"] }],
  [["permissions: fault", "namespace: unknown"], { partitionCount: undefined, denied: ["HGET"] }],
  [["permissions: fault", "namespace: unknown"], { partitions: [], denied: ["XLEN"] }],
  [["permissions: fault", "coordinators: unknown"], { coordinators: undefined, denied: ["ZRANGE"] }],
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

test("a known hole is told with its number and what fixes it; distributions may have fixed it already", () => {
  const told = (advisories: ServerInspection["advisories"]) =>
    findingsOf({ ...healthy, servers: [{ ...server, version: "7.0.15", advisories }] }).find(
      ({ check }) => check === "Lua engine",
    )?.message;
  expect(told({ cves: ["CVE-1", "CVE-2"], fixedIn: "7.2.11" })).toMatch(/CVE-1, CVE-2: 7\.2\.11 fixes them/);
  expect(told({ cves: ["CVE-1"], fixedIn: undefined })).toMatch(/no release of this branch .*Debian/);
});
