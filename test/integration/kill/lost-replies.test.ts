// Redis applies what it was asked, and the answer never arrives.
import { WorkflowClient } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { startTcpProxy, type TcpProxy, waitFor } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { runErrands, storeCaller } from "../../support/errands.js";
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

test("an owner that misses replies of Redis records nothing twice and loses nothing", async () => {
  const fleet = await openFleet();
  const proxy = await openProxy();
  await Promise.all([
    fleet.start("worker"),
    fleet.start("coordinator", { env: { REDIS_URL: proxy.url } }),
    fleet.start("coordinator"),
  ]);
  const load = runErrands(storeCaller(fleet.client), fleet.journal, {
    count: 8,
    input: { notes: 40, workMs: 20 },
  });
  for (let losses = 0; losses < 10; losses++) {
    const before = fleet.commits().length;
    await waitFor(() => fleet.commits().length > before, { description: "turns are committed" });
    await loseReplies(proxy);
  }
  await load;
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(0);
});

test("a signal without an id whose reply was lost is delivered once, although it is sent again", async () => {
  const fleet = await openFleet();
  const proxy = await openProxy();
  const store = await createRedisStore({ connection: { url: proxy.url }, namespace: fleet.namespace });
  onTestFinished(() => store.close());
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: 1024 });
  await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  const [workflowId, notes] = ["errand-0", 60];
  const { runId } = await client.start("errand", { notes, workMs: 20 }, { id: workflowId });
  fleet.journal.runAccepted(workflowId, runId);

  let accepted = 0;
  const losing = (async () => {
    while (accepted < 40) await loseReplies(proxy);
  })();
  for (let nth = 1; accepted < notes; nth++) {
    const sent = fleet.journal.signalSent({ client: "keyless", workflowId, payload: `keyless ${nth}` });
    try {
      await client.signal(workflowId, "note", sent.payload);
      sent.outcome = "accepted";
      accepted++;
    } catch (error) {
      // Whether it was applied is unknown, so this client does not repeat it.
      if (!(error instanceof HeddleError && error.retryable)) throw error;
    }
    if ((await fleet.client.describe(workflowId)).status === "completed") break;
  }
  accepted = notes;
  await losing;
  expect(proxy.droppedReplyBytes).toBeGreaterThan(0);
  expect(await fleet.verdict()).toEqual([]);
});
