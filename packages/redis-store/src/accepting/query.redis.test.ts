import type { QueryReply } from "@heddle/core";
import { decodePayload, encodePayload } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

/** A coordinator that owns partition 0 and answers every query with `reply`. */
async function owner({ store }: TestStore, reply: () => Promise<QueryReply>, coordinatorId = "c1") {
  const asked: string[] = [];
  const listening = await store.listen(coordinatorId, {
    wake: () => undefined,
    coordinatorLeft: () => undefined,
    reconnected: () => undefined,
    query: (request) => {
      asked.push(`${request.name} ${String(decodePayload(request.input))}`);
      return reply();
    },
  });
  await store.acquireLease({ partition: 0, coordinatorId, ttlMs: 60_000 });
  return { asked, stop: () => listening.stop() };
}

describe.each(SERVERS)("query on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("query"));
  const question = (workflowId: string, timeoutMs = 5_000) => ({
    workflowId,
    name: "total",
    input: encodePayload("EUR"),
    timeoutMs,
  });

  test.each<QueryReply>([
    { outcome: "answered", result: Buffer.from(encodePayload({ total: 3 })) },
    { outcome: "no-such-query", known: ["state"] },
    { outcome: "held", reason: "no code" },
    { outcome: "failed", name: "TypeError", message: "x is undefined" },
  ])("the owner's answer $outcome reaches the caller", async (reply) => {
    const opened = await open();
    const run = await startRun(opened);
    const { asked } = await owner(opened, () => Promise.resolve(reply));
    expect(await opened.store.query(question(run.workflowId))).toEqual(reply);
    expect(asked).toEqual(["total EUR"]);
  });

  test("what needs no owner is answered without one", async () => {
    const opened = await open();
    expect(await opened.store.query(question("nobody"))).toEqual({ outcome: "not-found" });
    const run = await startRun(opened);
    await opened.store.suspend({ workflowId: run.workflowId });
    expect(await opened.store.query(question(run.workflowId))).toEqual({ outcome: "suspended" });
    await closedRun(opened, await acquiredLease(opened), run);
    expect(await opened.store.query(question(run.workflowId))).toEqual({ outcome: "closed" });
  });

  test("without an owner the caller is told when its time is over", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const asking = opened.store.query(question(run.workflowId, 120));
    await expect(asking).rejects.toMatchObject({ code: "QUERY_UNAVAILABLE", details: { timeoutMs: 120 } });
  });

  test("a question that finds its owner late, or is refused at first, is put again", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const asking = opened.store.query(question(run.workflowId));
    const refusals = ["not mine"];
    const { asked, stop } = await owner(opened, async () => {
      if (refusals.pop() !== undefined) throw new Error("not mine");
      return { outcome: "answered", result: Buffer.from([7]) };
    });
    expect(await asking).toEqual({ outcome: "answered", result: Buffer.from([7]) });
    expect(asked.length).toBeGreaterThanOrEqual(2);
    await stop();
    await expect(opened.store.query(question(run.workflowId, 100))).rejects.toThrow(
      "no coordinator answered",
    );
  });

  test("an owner is told when its messages may have been lost", async () => {
    const opened = await open();
    let reconnectCount = 0;
    await opened.store.listen("c1", {
      wake: () => undefined,
      coordinatorLeft: () => undefined,
      query: () => Promise.reject(new Error("unused")),
      reconnected: () => (reconnectCount += 1),
    });
    for (const node of opened.nodes) {
      const line = String(await node.client("LIST"))
        .split("\n")
        .find((each) => each.includes(`name=heddle-${opened.namespace}-subscriber `));
      if (line !== undefined) await node.client("KILL", "ID", Number(/id=(\d+)/.exec(line)?.[1]));
    }
    await expect.poll(() => reconnectCount).toBe(1);
  });
});
