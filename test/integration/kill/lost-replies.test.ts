// Redis applies what it was asked, and the answer never arrives.
import { WorkflowClient } from "@heddle/core";
import { HeddleError, WorkflowNotRunningError } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { startTcpProxy, type TcpProxy, waitFor } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { keepBusy, runErrands, storeCaller } from "../../support/errands.js";
import { openFleet } from "./open-fleet.js";

async function openProxy(): Promise<TcpProxy & { readonly url: string }> {
  const proxy = await startTcpProxy({ targetPort: Number(new URL(inject("redisUrl")).port) });
  onTestFinished(() => proxy.stop());
  return Object.assign(proxy, { url: `redis://127.0.0.1:${proxy.port}` });
}

/** Throws away at least some replies, then cuts the connections that missed one. */
async function loseReplies(proxy: TcpProxy): Promise<void> {
  const before = proxy.droppedReplyBytes;
  proxy.dropReplies(true);
  await waitFor(() => proxy.droppedReplyBytes > before, { description: "a reply was lost" });
  proxy.dropReplies(false);
}

test.for(["coordinator", "worker"] as const)(
  "a %s that misses replies: nothing is recorded twice or lost",
  async (part) => {
    const fleet = await openFleet();
    const proxy = await openProxy();
    await Promise.all([
      fleet.start(part, { env: { REDIS_URL: proxy.url } }),
      fleet.start("coordinator"),
      fleet.start("worker"),
    ]);
    const load = keepBusy(storeCaller(fleet.client), fleet, { lanes: 8, input: { notes: 4, workMs: 20 } });
    for (let losses = 0; losses < 10; losses++) {
      const before = fleet.commits().length;
      await waitFor(() => fleet.commits().length > before + 10, { description: "turns are committed" });
      await loseReplies(proxy);
    }
    await load.stop();
    expect(await fleet.verdict()).toEqual([]);
    expect(await fleet.executedInVain()).toBe(0);
  },
);

test("attempts of a killed worker that are dispatched while replies are lost reach their queue at once", async () => {
  const fleet = await openFleet({ env: { PARTITIONS: "1" } });
  const proxy = await openProxy();
  const [killed] = await Promise.all([
    fleet.start("worker"),
    fleet.start("coordinator", { env: { REDIS_URL: proxy.url } }),
  ]);
  const count = 60;
  const input = { notes: 0, workMs: 5_000 };
  await runErrands(storeCaller(fleet.client), fleet.journal, { count, input });
  await waitFor(() => killed.lines.filter((line) => line.includes("attempt claimed")).length === count, {
    description: "all are claimed",
  });
  await fleet.kill(killed);
  await fleet.start("worker", { env: { WORK_MS: "0" } });
  // In small portions, so that the losses meet many steps.
  for (let done = 0; done < count; done = fleet.effects().length) {
    await loseReplies(proxy);
    await waitFor(() => fleet.effects().length > done, { description: "attempts run again" });
  }
  // Long before the first look for lost tickets.
  expect(await fleet.verdict({ timeoutMs: 15_000 })).toEqual([]);
});

test("a signal without an id whose reply was lost is delivered once, although it is sent again", async () => {
  const fleet = await openFleet();
  const proxy = await openProxy();
  const store = await createRedisStore({ connection: { url: proxy.url }, namespace: fleet.namespace });
  onTestFinished(() => store.close());
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: 1024 });
  await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  const [workflowId, notes] = ["errand-0", 60];
  const isCompleted = async () => (await fleet.client.describe(workflowId)).status === "completed";
  const { runId } = await client.start("errand", { notes, workMs: 20 }, { id: workflowId });
  fleet.journal.runAccepted(workflowId, runId);

  let answered = 0;
  const losing = (async () => {
    for (let losses = 1; losses <= 10; losses++) {
      await waitFor(() => answered >= losses * 4, { description: "signals are answered" });
      await loseReplies(proxy);
    }
  })();
  // More than the run waits for, because the outcome of some stays unknown and this client repeats none.
  for (let nth = 1; !(await isCompleted()); nth++) {
    const sent = fleet.journal.signalSent({ client: "keyless", workflowId, payload: `keyless ${nth}` });
    try {
      await client.signal(workflowId, "note", sent.payload);
      sent.outcome = "accepted";
      answered++;
    } catch (error) {
      if (error instanceof WorkflowNotRunningError) break;
      if (!(error instanceof HeddleError && error.retryable)) throw error;
    }
  }
  await losing;
  expect(proxy.droppedReplyBytes).toBeGreaterThan(0);
  expect(await fleet.verdict()).toEqual([]);
});
