import { randomNamespace } from "@heddle/testkit";
import { UnavailableError } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";
import { inspectNamespace } from "./inspect-namespace.js";

describe.each(SERVERS)("on $server", ({ connection }) => {
  test("tells the servers, the settings, the owners and what waits, and writes nothing", async () => {
    const namespace = randomNamespace("inspect");
    const { store, snapshot } = await openTestStore(connection(), namespace, { partitions: 2 });
    await store.acquireLease({ partition: 1, coordinatorId: "coordinator-a", ttlMs: 60_000 });
    const before = await snapshot();
    const seen = await inspectNamespace({ connection: connection(), namespace });
    expect(await snapshot()).toEqual(before);
    expect(seen.servers[0]).toMatchObject({ evictionPolicy: "noeviction" });
    expect(Number(seen.servers[0]?.version.split(".")[0])).toBeGreaterThanOrEqual(7);
    expect(Math.abs(seen.clockAheadMs ?? Infinity)).toBeLessThan(5_000);
    expect(seen.partitionCount).toBe(2);
    expect(seen.partitions).toMatchObject([
      { partition: 0, owner: undefined, leaseExpiresInMs: undefined, inbox: 0, overdueMs: undefined },
      { partition: 1, owner: "coordinator-a", inbox: 0, outbox: 0, held: 0 },
    ]);
    expect(seen.partitions[1]?.leaseExpiresInMs).toBeGreaterThan(0);
  });

  test("a namespace that was never used stays so", async () => {
    const namespace = randomNamespace("inspect");
    for (const _ of ["first", "second"]) {
      const seen = await inspectNamespace({ connection: connection(), namespace });
      expect(seen).toMatchObject({ partitionCount: undefined, coordinators: [], partitions: [] });
    }
  });
});

test("a Redis that is not there is told as unavailable", async () => {
  const connection = { url: "redis://127.0.0.1:1" };
  await expect(inspectNamespace({ connection, namespace: "none" })).rejects.toThrow(UnavailableError);
});
