// Repairs, attributes and bulk work by the client, through a gateway that loses answers.
import { HeddleClient, type BulkOutcome, type RepeatOptions } from "@heddle/client";
import { randomNamespace, startTcpProxy, waitFor, type TcpProxy } from "@heddle/testkit";
import {
  activity,
  InvalidArgumentError,
  NotResettableError,
  OutcomeUnknownError,
  signal,
  WorkflowAlreadyExistsError,
  workflow,
} from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { serveGateway } from "./support/served-gateway.js";

const note = signal<string>("note");
const notes = workflow({ name: "notes" }).execute(async function* (ctx) {
  return [yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)];
});
let isBroken = true;
const charge = activity({
  name: "charge",
  retry: { maxAttempts: 1 },
  execute: (amount: number) => {
    if (isBroken) throw new Error("broken");
    return amount;
  },
});
const order = workflow({ name: "order" }).execute(async function* (ctx, amount: number) {
  return yield* ctx.run(charge, amount);
});

async function openBehindProxy(retry: RepeatOptions = {}) {
  const namespace = randomNamespace("repair");
  const engine = await openEngine({ namespace, workflows: [notes, order], activities: [charge] });
  const gateway = await serveGateway({ namespace });
  const proxy = await startTcpProxy({ targetPort: gateway.port });
  onTestFinished(() => proxy.stop());
  const url = `http://127.0.0.1:${proxy.port}`;
  let lost: string | undefined;
  const client = new HeddleClient<[typeof notes, typeof order]>({
    ...{ url, retry: { attemptTimeoutMs: 3_000, ...retry } },
    fetch: (request, init) => {
      if (lost !== undefined && typeof request === "string" && request.endsWith(lost))
        proxy.dropReplies(true);
      return fetch(request, init);
    },
  });
  /** Loses the first answer to a request of that path. */
  const loseFirst = async (path: string): Promise<void> => {
    const before = proxy.droppedReplyBytes;
    lost = path;
    await waitFor(() => proxy.droppedReplyBytes > before, { description: "an answer is lost" });
    lost = undefined;
    proxy.dropReplies(false);
  };
  return { client, engine, proxy, loseFirst };
}

/** Runs the call with its first answer lost after it was applied; the answers to repetitions arrive. */
async function withFirstReplyLost<Answer>(proxy: TcpProxy, call: () => Promise<Answer>): Promise<Answer> {
  const before = proxy.droppedReplyBytes;
  proxy.dropReplies(true);
  const answer = call();
  await waitFor(() => proxy.droppedReplyBytes > before, { description: "a reply is lost" });
  proxy.dropReplies(false);
  return answer;
}

test("a reset, fork, retry or import whose answer is lost is made once", async () => {
  const { client, engine, proxy } = await openBehindProxy();
  const handle = await client.start("notes", undefined, { id: "n-1" });
  await handle.signal(note, "one");
  await handle.signal(note, "two");
  await handle.result();
  const event = (await handle.history()).find(({ kind }) => kind === "signal")?.index ?? -1;

  const forked = await withFirstReplyLost(proxy, () => handle.fork({ event }));
  const reset = await withFirstReplyLost(proxy, () => handle.reset({ event, reapply: "none" }));
  expect(reset.runId).not.toBe(handle.runId);
  expect((await reset.history()).filter(({ kind }) => kind === "reset")).toHaveLength(1);
  await reset.signal(note, "three");
  expect(await reset.result()).toEqual(["one", "three"]);
  await forked.signal(note, "four");
  expect(await forked.result()).toEqual(["one", "four"]);
  await expect(handle.reset({ event, runId: "another" })).rejects.toThrow(NotResettableError);
  await expect(handle.reset({ event: 900 })).rejects.toThrow(InvalidArgumentError);
  await expect(handle.fork({ event, id: forked.id })).rejects.toThrow(WorkflowAlreadyExistsError);

  const exported = await reset.exportHistory();
  expect(exported).toBe(await engine.getHandle("n-1").exportHistory());
  const imported = await withFirstReplyLost(proxy, () => client.importHistory(exported, { id: "n-2" }));
  expect(await imported.result()).toEqual(["one", "three"]);
  await client.importHistory(new TextEncoder().encode(exported), { id: "n-3" });
  await expect(client.importHistory("{}")).rejects.toThrow(InvalidArgumentError);
  expect(await client.count({ type: "notes" })).toBe(4);

  const failing = await client.start("order", 5);
  await expect(failing.result()).rejects.toThrow();
  isBroken = false;
  const retried = await withFirstReplyLost(proxy, () => failing.retry());
  isBroken = true;
  expect(await retried.result()).toBe(5);
  expect((await retried.describe()).runId).toBe(retried.runId);
});

test("attributes whose answer is lost are set once, and runs are counted by them", async () => {
  const { client, engine, proxy } = await openBehindProxy();
  const due = new Date("2030-01-01");
  await client.start("notes", undefined, { id: "n-1", attributes: { rank: 1, gone: true } });
  await withFirstReplyLost(proxy, () => client.setAttributes("n-1", { rank: 2, due, gone: undefined }));
  expect((await engine.getHandle("n-1").describe()).attributes).toEqual({ rank: 2, due });
  const groups = await client.aggregate({ type: "notes" }, { groupBy: { attribute: "rank" } });
  expect(groups).toEqual([{ group: 2, count: 1 }]);
  expect(await client.aggregate({ tags: ["x"] }, { groupBy: "status" })).toEqual([]);
  await expect(client.getHandle("n-1").setAttributes({ rank: Number.NaN })).rejects.toThrow(
    InvalidArgumentError,
  );
});

test("a bulk operation tells of every run, also of those whose answer was lost", async () => {
  const { client, engine, proxy, loseFirst } = await openBehindProxy();
  const ids = Array.from({ length: 130 }, (_, number) => `w${String(number).padStart(3, "0")}`);
  await Promise.all(ids.map((id) => engine.start("notes", undefined, { id })));
  const filter = { type: "notes" };
  const dry = await client.bulk.terminate(filter, { dryRun: true });
  expect(dry).toMatchObject({ dryRun: true, matched: 130, done: 0 });
  expect(dry.sample).toHaveLength(20);

  const outcomes: BulkOutcome[] = [];
  const onOutcome = (outcome: BulkOutcome) => void outcomes.push(outcome);
  const before = proxy.droppedReplyBytes;
  const losing = loseFirst("/bulk/terminate");
  const summary = await client.bulk.terminate(filter, { reason: "a test", onOutcome });
  await losing;
  expect(proxy.droppedReplyBytes).toBeGreaterThan(before);
  expect(summary).toMatchObject({ matched: 130, done: 130, skipped: 0, failed: 0, failures: [] });
  expect(new Set(outcomes.map(({ id }) => id))).toEqual(new Set(ids));
  expect(await engine.count({ status: "terminated" })).toBe(130);
  const ofEnded = await client.bulk.cancel({ ...filter, status: undefined }, { dryRun: true });
  expect(ofEnded.matched).toBe(0);
  expect((await client.bulk.cancel({ status: "terminated" }, { limit: 3 })).skipped).toBe(3);
});

test("each run is signalled, reset, retried or forked once per operation, as its own history says", async () => {
  const { client, engine } = await openBehindProxy();
  for (const id of ["a", "b", "c"]) await engine.start("notes", undefined, { id });
  const filter = { type: "notes" };
  for (let time = 0; time < 2; time++) {
    const signalled = await client.bulk.signal(filter, note, "all", { operationId: "first" });
    expect(signalled).toMatchObject({ operationId: "first", matched: 3, done: 3 });
  }
  await client.signal("a", note, "end");
  expect(await client.getHandle("a").result()).toEqual(["all", "end"]);
  const isIn = async () => (await client.getHandle("c").history()).some(({ kind }) => kind === "signal");
  await waitFor(isIn, { description: "the signal is in" });

  const event = (history: readonly { kind: string; index: number }[]) =>
    history.some(({ kind }) => kind === "completed")
      ? history.find(({ kind }) => kind === "signal")?.index
      : undefined;
  for (let time = 0; time < 2; time++) {
    const options = { event, operationId: "copies", idOf: ({ id }: { id: string }) => `copy-of-${id}` };
    const forked = await client.bulk.fork({ idPrefix: "a" }, options);
    expect(forked).toMatchObject({ matched: 1, failed: 0 });
  }
  expect(await client.count({ idPrefix: "copy-of-" })).toBe(1);
  const reset = await client.bulk.reset(filter, { event, reapply: "none", operationId: "back" });
  expect(reset).toMatchObject({ matched: 4, done: 1, skipped: 3 });
  const again = await client.bulk.reset({ idPrefix: "a" }, { event: 0, operationId: "back" });
  expect(again).toMatchObject({ matched: 1, done: 1 });
  expect((await client.getHandle("a").history()).filter(({ kind }) => kind === "reset")).toHaveLength(1);

  const orders = await Promise.all([1, 2].map((amount) => client.start("order", amount)));
  await Promise.allSettled(orders.map((each) => each.result()));
  isBroken = false;
  const retried = await client.bulk.retry({ type: "order" });
  isBroken = true;
  expect(retried).toMatchObject({ matched: 2, done: 2 });
  const refused = await client.bulk.reset({ type: "notes", idPrefix: "b" }, { event: 900 });
  expect(refused.failures).toMatchObject([{ id: "b", error: { code: "INVALID_ARGUMENT" } }]);
  expect(refused.failures[0]?.error).toBeInstanceOf(InvalidArgumentError);
});

test("an operation ends when it is told to, and when no answer comes its id is told", async () => {
  const { client, engine, proxy } = await openBehindProxy({ attempts: 2, attemptTimeoutMs: 500 });
  for (const id of ["a", "b"]) await engine.start("notes", undefined, { id });
  const stop = AbortSignal.abort(new Error("enough"));
  await expect(client.bulk.terminate({}, { signal: stop })).rejects.toThrow("enough");
  expect(await engine.count({ status: "terminated" })).toBe(0);
  await expect(client.bulk.cancel({}, { operationId: "" })).rejects.toThrow(InvalidArgumentError);
  await expect(client.bulk.cancel({}, { limit: 0 })).rejects.toThrow(InvalidArgumentError);
  await expect(client.bulk.cancel({}, { concurrency: 101 })).rejects.toThrow(InvalidArgumentError);
  proxy.dropReplies(true);
  const lost = await client
    .getHandle("a")
    .reset({ event: 0 })
    .catch((error: unknown) => error);
  proxy.dropReplies(false);
  expect(lost).toBeInstanceOf(OutcomeUnknownError);
  expect(lost).toMatchObject({ details: { workflowId: "a" } });
});
