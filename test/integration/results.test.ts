// What `result()` promises: the value or a typed error that carries the workflow's own, told as soon as the run closes.
import { randomNamespace, startTestRedis, waitFor } from "@heddle/testkit";
import {
  signal,
  workflow,
  WorkflowAlreadyExistsError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "heddle";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const end = signal<{ fail: boolean }>("end");

class OutOfStockError extends Error {
  override name = "OutOfStockError";
  details = { sku: "A-7", missing: 3 };
}

const waiting = workflow({ name: "waiting" }).execute(async function* (ctx) {
  const { fail } = yield* ctx.waitForSignal(end);
  if (fail) throw new OutOfStockError("3 missing", { cause: new TypeError("bad shelf") });
  return { done: true };
});

test("a failed run's error carries name, message, stack, details and causes of the workflow's own error", async () => {
  const engine = await openEngine({ workflows: [waiting] });
  const handle = await engine.start("waiting");
  await handle.signal(end, { fail: true });
  const error = await handle.result().then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error?.message).toContain("OutOfStockError: 3 missing");
  expect(error).toMatchObject({
    details: { workflowId: handle.id, runId: handle.runId },
    cause: {
      name: "OutOfStockError",
      message: "3 missing",
      details: { sku: "A-7", missing: 3 },
      cause: { name: "TypeError", message: "bad shelf" },
    },
  });
  expect((error?.cause as Error).stack).toContain("results.test.ts");
});

test("execute starts a run and resolves to its result, or to that of the run that has the id", async () => {
  const doubling = workflow({ name: "doubling" }).execute(async function* (ctx, input: number) {
    return yield* ctx.step("double", () => input * 2);
  });
  const engine = await openEngine({ workflows: [waiting, doubling] });
  expect(await engine.execute("doubling", 21)).toBe(42);
  const handle = await engine.start("waiting", undefined, { id: "found" });
  const executing = engine.execute("waiting", undefined, { id: "found", idConflict: "use-existing" });
  await handle.signal(end, { fail: false });
  expect(await executing).toEqual({ done: true });
  await expect(engine.execute("waiting", undefined, { id: "found", idReuse: "reject" })).rejects.toThrow(
    WorkflowAlreadyExistsError,
  );
});

test("an execution whose run fails rejects with the run's own error", async () => {
  const engine = await openEngine({ workflows: [waiting] });
  const executing = engine.execute("waiting", undefined, { id: "doomed" });
  // The start of `execute` is the only one that can have made it.
  await waitFor(() => engine.count({ type: "waiting" }), { description: "it is started" });
  await engine.signal("doomed", end, { fail: true });
  await expect(executing).rejects.toMatchObject({
    name: "WorkflowFailedError",
    cause: { name: "OutOfStockError" },
  });
});

test("waiting for a result costs no command until the run is closed", async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const namespace = randomNamespace("results");
  const client = await openEngine({ url: server.url, namespace, roles: ["client"] });
  const handle = await client.start("waiting");
  const results = Promise.all(Array.from({ length: 20 }, () => handle.result()));
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const waiters = async () =>
    /cmdstat_subscribe:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] === "1" &&
    (await redis.hlen((await redis.keys("*:w:*"))[0] ?? "")) > 0;
  await waitFor(waiters, { description: "the client listens" });
  await handle.describe();
  const calls = async () => {
    const info = await redis.info("commandstats");
    return [...info.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)]
      .filter(([, name]) => name !== "info")
      .reduce((sum, [, , count]) => sum + Number(count), 0);
  };
  const before = await calls();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await calls()).toBe(before);
  await openEngine({ url: server.url, namespace, workflows: [waiting] });
  await handle.signal(end, { fail: false });
  const told = performance.now();
  expect(await results).toEqual(Array.from({ length: 20 }, () => ({ done: true })));
  // A slow poll would take seconds.
  expect(performance.now() - told).toBeLessThan(1_000);
});

test("a result is told although every connection was cut while waiting", async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const namespace = randomNamespace("results");
  const client = await openEngine({ url: server.url, namespace, roles: ["client"] });
  await openEngine({ url: server.url, namespace, workflows: [waiting] });
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  for (let round = 0; round < 3; round++) {
    const handle = await client.start("waiting");
    const result = handle.result();
    await redis.call("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes");
    await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await waitFor(() => handle.signal(end, { fail: false }, { signalId: "end" }), {
      description: "the signal is accepted",
    });
    expect(await result).toEqual({ done: true });
  }
});

test("waiting can be given up, and a result can be asked for again and by a handle made from the id", async () => {
  const engine = await openEngine({ workflows: [waiting] });
  const handle = await engine.start("waiting");
  await expect(handle.result({ signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/);
  await handle.signal(end, { fail: false });
  expect(await handle.result()).toEqual({ done: true });
  expect(await engine.getHandle(handle.id).result()).toEqual({ done: true });
  await expect(engine.getHandle("nobody").result()).rejects.toThrow(WorkflowNotFoundError);
});

test("a handle waits for the run it was made for, not for its successor", async () => {
  const engine = await openEngine({ workflows: [waiting] });
  const first = await engine.start("waiting", undefined, { id: "same" });
  await first.signal(end, { fail: false });
  await first.result();
  const second = await engine.start("waiting", undefined, { id: "same" });
  await expect(first.result()).rejects.toThrow(WorkflowNotFoundError);
  await second.signal(end, { fail: true });
  await expect(second.result()).rejects.toThrow(WorkflowFailedError);
});

test("a shutdown tells everyone who waits in that process", async () => {
  const engine = await openEngine({ workflows: [waiting] });
  const result = (await engine.start("waiting")).result();
  result.catch(() => undefined);
  await engine.shutdown();
  await expect(result).rejects.toMatchObject({ code: "SHUT_DOWN" });
  await expect(engine.start("waiting")).rejects.toMatchObject({ code: "SHUT_DOWN" });
  await engine.shutdown();
});
