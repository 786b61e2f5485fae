// What a caller may conclude when connections break: behind a proxy that applies calls and loses their answers.
import { HeddleClient, type RepeatOptions } from "@heddle/client";
import { findFreePort } from "@heddle/embedded-redis";
import { randomNamespace, startTcpProxy, waitFor } from "@heddle/testkit";
import {
  OutcomeUnknownError,
  signal,
  UnavailableError,
  update,
  workflow,
  WorkflowNotRunningError,
} from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { withFirstReplyLost } from "./support/first-reply-lost.js";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";

const add = signal<number>("add");
const take = update<number, number>("take");
const stop = signal<void>("stop");

const tally = workflow({ name: "tally" }).execute(async function* (ctx) {
  const added: number[] = [];
  const taken: number[] = [];
  let isOpen = true;
  ctx.onSignal(add, (each) => void added.push(each));
  ctx.onSignal(stop, () => void (isOpen = false));
  ctx.onUpdate(take, (each) => taken.push(each));
  yield* ctx.waitUntil(() => !isOpen);
  return { added, taken };
});

async function openBehindProxy(retry: RepeatOptions = {}) {
  const namespace = randomNamespace("lost");
  const engine = await openEngine({ namespace, workflows: [tally] });
  const gateway = await serveGateway({ namespace });
  const proxy = await startTcpProxy({ targetPort: gateway.port });
  onTestFinished(() => proxy.stop());
  const url = `http://127.0.0.1:${proxy.port}`;
  const client = new HeddleClient<[typeof tally]>({ url, retry: { attemptTimeoutMs: 3_000, ...retry } });
  return { client, engine, proxy, gateway };
}

test("a call whose answer is lost is repeated by itself, and happens once", async () => {
  const { client, engine, proxy } = await openBehindProxy();
  const handle = await withFirstReplyLost(proxy, () => client.start("tally"));
  const named = await withFirstReplyLost(proxy, () => client.start("tally", undefined, { id: "t" }));
  const again = await withFirstReplyLost(proxy, () =>
    client.start("tally", undefined, { id: "t", idConflict: "terminate-existing" }),
  );
  expect(again.runId).not.toBe(named.runId);
  expect(await engine.count()).toBe(2);
  expect((await again.describe()).runId).toBe(again.runId);

  await withFirstReplyLost(proxy, () => handle.signal(add, 1));
  await withFirstReplyLost(proxy, () => handle.signal(add, 1));
  expect(await withFirstReplyLost(proxy, () => handle.update(take, 7))).toBe(1);
  expect(await withFirstReplyLost(proxy, () => handle.update(take, 7))).toBe(2);
  const both = await withFirstReplyLost(proxy, () =>
    client.startOrSignal("tally", undefined, { name: "add", payload: 1, signalId: "s" }),
  );
  expect(both.outcome).toBe("started");
  expect(await engine.count()).toBe(3);

  const result = withFirstReplyLost(proxy, () => handle.result());
  await engine.signal(handle.id, stop);
  expect(await result).toEqual({ added: [1, 1], taken: [7, 7] });
  await withFirstReplyLost(proxy, () => again.terminate());
  expect((await again.describe()).status).toBe("terminated");
});

test("a change of a schedule whose answer is lost happens once", async () => {
  const { client, engine, proxy } = await openBehindProxy();
  const lost = <Answer>(call: () => Promise<Answer>) => withFirstReplyLost(proxy, call);
  const schedule = await lost(() =>
    client.schedules.create({
      id: "s",
      cron: "0 0 29 2 *",
      overlap: "allow-all",
      workflow: { type: "tally" },
    }),
  );
  const triggered = [await lost(() => schedule.trigger()), await lost(() => schedule.trigger())];
  await lost(() => schedule.backfill({ from: Date.UTC(2024, 0), to: Date.UTC(2025, 0) }));
  await lost(() => schedule.update({ jitter: "5m", remainingRuns: 2 }));
  await lost(() => schedule.pause("for a test"));
  const described = await waitFor(
    async () => {
      const seen = await schedule.describe();
      return seen.counts.started >= 3 && seen;
    },
    { description: "three runs are started", timeoutMs: 20_000 },
  );
  expect(described).toMatchObject({
    ...{ paused: true, note: "for a test", jitterMs: 300_000, remainingRuns: 2 },
    counts: { started: 3, refused: 0 },
  });
  const started = described.recentRuns.map(({ workflowId }) => workflowId);
  expect(started.sort()).toEqual(
    ["s-2024-02-29T00:00:00Z", ...triggered.map(({ workflowId }) => workflowId)].sort(),
  );
  await lost(() => schedule.delete());
  expect((await engine.schedules.list()).items).toEqual([]);
});

test("when no answer comes at all the outcome is unknown, and the ids to repeat with are told", async () => {
  const { client, engine, proxy } = await openBehindProxy({ attempts: 2, attemptTimeoutMs: 500 });
  const handle = await client.start("tally");
  proxy.dropReplies(true);
  const lost = await handle.signal(add, 5).catch((error: unknown) => error);
  proxy.dropReplies(false);
  expect(lost).toBeInstanceOf(OutcomeUnknownError);
  expect(lost).toMatchObject({ outcome: "unknown", retryable: true, details: { workflowId: handle.id } });
  const { signalId } = (lost as OutcomeUnknownError).details;
  await handle.signal(add, 5, { signalId: String(signalId) });
  await handle.signal(stop);
  expect(await engine.getHandle(handle.id).result()).toMatchObject({ added: [5] });
});

test("a gateway that is away for a moment is waited for", async () => {
  const { client, engine, gateway } = await openBehindProxy({ attempts: 100 });
  const handle = await client.start("tally");
  const waiting = handle.result();
  await gateway.process.kill();
  const sent = handle.signal(add, 3);
  await serveGateway({ namespace: gateway.namespace, port: gateway.port });
  await sent;
  await engine.signal(handle.id, stop);
  expect(await waiting).toEqual({ added: [3], taken: [] });
});

test("a call that reached nobody is told as refused, not as unknown", async () => {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const client = new HeddleClient({ url, retry: { attempts: 2 } });
  const error = await client.signal("w", "add", 1).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ outcome: "refused", retryable: true });
});

test("a refusal is not repeated, and one that follows an unknown cancel leaves it unknown", async () => {
  const { client, engine, proxy } = await openBehindProxy();
  const handle = await client.start("tally");
  await handle.signal(stop);
  await handle.result();
  await expect(handle.signal(add, 1)).rejects.toThrow(WorkflowNotRunningError);

  const open = await client.start("tally");
  const before = proxy.droppedReplyBytes;
  proxy.dropReplies(true);
  const cancelled = open.cancel().catch((error: unknown) => error);
  await waitFor(() => proxy.droppedReplyBytes > before, { description: "the answer is lost" });
  await expect(engine.getHandle(open.id).result()).rejects.toThrow("cancelled");
  proxy.dropReplies(false);
  expect(await cancelled).toBeInstanceOf(OutcomeUnknownError);
});
