import { startTestCluster, startTestRedis, randomNamespace } from "@heddle/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RedisConnectionOptions } from "@heddle/protocol";
import { acquiredLease, inboxOf, signalRequest, startRequest, startRun } from "./testing/runs.js";
import { openTestStore } from "./testing/test-store.js";

// Servers of their own, because what they forget here would be missed by tests beside.
describe.each([
  {
    server: "one Redis",
    start: async () => {
      const server = await startTestRedis();
      return { connection: { url: server.url }, stop: () => server.stop() };
    },
  },
  {
    server: "a cluster",
    start: async () => {
      const { nodes, stop } = await startTestCluster({ nodes: 2 });
      return { connection: { cluster: nodes }, stop };
    },
  },
])("scripts on $server", ({ start }) => {
  let server: { connection: RedisConnectionOptions; stop(): Promise<void> };
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test("a server that has forgotten the scripts is taught again, in the middle of many calls", async () => {
    const opened = await openTestStore(server.connection, randomNamespace("runner"), { partitions: 8 });
    await startRun(opened);
    for (const node of opened.nodes) await node.script("FLUSH");
    const replies = await Promise.all(Array.from({ length: 100 }, () => opened.store.start(startRequest())));
    expect(replies.every((reply) => reply.outcome === "started")).toBe(true);
    expect(await opened.store.count({})).toBe(101);
  });

  test("calls of one moment keep their order within a partition", async () => {
    const opened = await openTestStore(server.connection, randomNamespace("runner"));
    const run = await startRun(opened);
    await opened.store.signal(signalRequest(run));
    const signalIds = Array.from({ length: 50 }, (_, index) => `s${index}`);
    await Promise.all(signalIds.map((signalId) => opened.store.signal(signalRequest(run, { signalId }))));
    const entries = await inboxOf(opened, await acquiredLease(opened));
    expect(entries.slice(2).map((entry) => entry.reference)).toEqual(signalIds);
  });
});
