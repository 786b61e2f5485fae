// A worker against a real store and a real queue, in this process.
import { decodePayload } from "@heddle/protocol";
import { createTaskQueue } from "@heddle/task-queue";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, startTcpProxy, waitFor } from "@heddle/testkit";
import { createRedisStore } from "@heddle/redis-store";
import { createWorker, type ObservationPoint, type WorkerOptions } from "@heddle/worker";
import { activity, type ActivityContext, type AnyActivity } from "@heddle/workflow";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { ScheduledActivities } from "./scheduled-activities.js";

const log = createLogger({ name: "test", level: "silent" });
const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function startWorker(
  activities: readonly AnyActivity[],
  options: Partial<WorkerOptions> & { namespace?: string } = {},
) {
  const { namespace = randomNamespace("worker"), ...workerOptions } = options;
  const url = inject("redisUrl");
  const taskQueue = createTaskQueue({ connection: { url }, namespace, log });
  const scheduled = await ScheduledActivities.open({ url, namespace, taskQueue });
  const worker = createWorker({ store: scheduled.store, taskQueue, activities, log, ...workerOptions });
  toClose.push(async () => {
    await worker.close();
    await taskQueue.close();
    await scheduled.store.close();
  });
  worker.start();
  await worker.ready;
  return { worker, scheduled, taskQueue, namespace };
}

/** An activity whose code waits until the test lets it go, and keeps the contexts it was called with. */
function gated(name = "gated", options: { ignoresSignal?: boolean; heartbeat?: unknown } = {}) {
  const contexts: ActivityContext[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const definition = activity({
    name,
    execute: async (_input: unknown, context) => {
      contexts.push(context);
      if ("heartbeat" in options) context.heartbeat(options.heartbeat);
      const aborted = new Promise<never>((_resolve, reject) => {
        context.signal.addEventListener("abort", () => reject(context.signal.reason as Error));
      });
      aborted.catch(() => undefined);
      await (options.ignoresSignal === true ? gate : Promise.race([gate, aborted]));
      return "let go";
    },
  });
  return { definition, contexts, open: () => open() };
}

const failureOf = (data: Uint8Array | undefined) =>
  data && (decodePayload(data) as { name: string; message: string });

describe("an attempt", () => {
  test("runs with the input and settles with the result", async () => {
    const greet = activity({
      name: "greet",
      execute: (input: { name: string; at: Date }) => ({ text: `Hello ${input.name}`, at: input.at }),
    });
    const { scheduled, worker } = await startWorker([greet]);
    const at = new Date(5);
    const ticket = await scheduled.schedule(greet, { name: "Ada", at });
    const settled = await scheduled.untilSettled(ticket);
    expect(settled.kind).toBe("activity-completed");
    expect(decodePayload(settled.data)).toEqual({ text: "Hello Ada", at });
    await waitFor(() => worker.describe().running.length === 0, { description: "the slot is free" });
  });

  test("tells its code where it belongs, with the same idempotency key for every attempt", async () => {
    const contexts: ActivityContext[] = [];
    const flaky = activity({
      name: "flaky",
      retry: { initialBackoff: 0 },
      execute: (_input: void, context) => {
        contexts.push(context);
        if (contexts.length === 1) throw new Error("first try");
      },
    });
    const { scheduled } = await startWorker([flaky]);
    const ticket = await scheduled.schedule(flaky, undefined);
    await scheduled.dispatchAgain(await scheduled.untilBackingOff(ticket));
    await scheduled.untilSettled(ticket);
    const { workflowId, runId } = ticket;
    const idempotencyKey = `${runId}:1`;
    expect(contexts).toMatchObject([
      { workflowId, runId, idempotencyKey, activityName: "flaky", attempt: 1 },
      { workflowId, runId, idempotencyKey, activityName: "flaky", attempt: 2 },
    ]);
  });

  test("passes the three observation points in order", async () => {
    const points: [ObservationPoint, string | undefined][] = [];
    const noop = activity({ name: "noop", execute: () => undefined });
    const { scheduled } = await startWorker([noop], {
      observe: (point, { outcome }) => points.push([point, outcome]),
    });
    await scheduled.untilSettled(await scheduled.schedule(noop, undefined));
    await waitFor(() => points.length === 3, { description: "all points are passed" });
    expect(points).toEqual([
      ["worker.claimed", undefined],
      ["worker.executed", "returned"],
      ["worker.settled", "settled"],
    ]);
  });

  test("that throws is tried again later, and fails for good when its attempts are used up", async () => {
    const failing = activity({
      name: "failing",
      retry: { maxAttempts: 2, initialBackoff: "1h", maxBackoff: "1h" },
      execute: () => {
        throw Object.assign(new Error("no stock"), { name: "OutOfStock", details: { sku: "x1" } });
      },
    });
    const { scheduled } = await startWorker([failing]);
    const ticket = await scheduled.schedule(failing, undefined);
    const backingOff = await scheduled.untilBackingOff(ticket);
    expect(failureOf(backingOff.lastFailure)).toMatchObject({ name: "OutOfStock", message: "no stock" });
    expect((backingOff.retryAtMs ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    await scheduled.dispatchAgain(backingOff);
    const settled = await scheduled.untilSettled(ticket);
    expect(settled.kind).toBe("activity-failed");
    expect(failureOf(settled.data)).toMatchObject({ name: "OutOfStock", details: { sku: "x1" } });
  });

  test("whose result cannot be stored fails at once, with the reason", async () => {
    const leaky = activity({ name: "leaky", execute: () => ({ callback: () => 1 }) });
    const { scheduled } = await startWorker([leaky]);
    const settled = await scheduled.untilSettled(await scheduled.schedule(leaky, undefined));
    expect(settled.kind).toBe("activity-failed");
    expect(failureOf(settled.data)).toMatchObject({ name: "PayloadNotSerializableError" });
  });

  test("of an activity that the worker does not have is given back with a delay", async () => {
    const known = activity({ name: "known", execute: () => 1 });
    const unknown = activity({ name: "unknown", execute: () => 2 });
    const { scheduled } = await startWorker([known]);
    const ticket = await scheduled.schedule(unknown, undefined);
    const stored = await scheduled.untilBackingOff(ticket);
    expect(failureOf(stored.lastFailure)?.message).toBe(
      'no activity named "unknown" is registered on this worker',
    );
    const again = await scheduled.dispatchAgain(stored);
    expect(again.attempt).toBe(1);
  });

  test("delivered again while it runs is not run again", async () => {
    const { definition, contexts, open } = gated();
    const { scheduled, worker, namespace } = await startWorker([definition]);
    const ticket = await scheduled.schedule(definition, undefined);
    await waitFor(() => contexts.length === 1, { description: "the code runs" });
    const redis = new Redis(inject("redisUrl"));
    toClose.push(() => redis.quit());
    const locks = () => redis.keys(`{heddle:${namespace}:default}:*:lock`);
    const lock = (await locks())[0] ?? "";
    const firstHolder = await redis.get(lock);
    await redis.del(lock);
    await waitFor(async () => ![null, firstHolder].includes(await redis.get(lock)), {
      description: "the ticket is delivered again",
    });
    expect(contexts[0]?.signal.aborted).toBe(false);
    open();
    await scheduled.untilSettled(ticket);
    await waitFor(() => worker.describe().running.length === 0, { description: "nothing runs" });
    await waitFor(async () => (await locks()).length === 0, { description: "the ticket is gone" });
    expect(contexts).toHaveLength(1);
    expect(await scheduled.settlements(ticket)).toHaveLength(1);
  });

  test("whose ticket is of an older dispatch is dropped unrun", async () => {
    let runs = 0;
    const counted = activity({ name: "counted", execute: () => ++runs });
    const { scheduled } = await startWorker([counted]);
    const ticket = await scheduled.schedule(counted, undefined, { relay: false });
    await scheduled.relay({ ...ticket, token: "of-another-time" });
    await scheduled.relay(ticket);
    await scheduled.untilSettled(ticket);
    expect(runs).toBe(1);
  });
});

describe("heartbeats", () => {
  test("of the worker keep an attempt alive, and its code's details reach the store", async () => {
    const { definition, contexts, open } = gated("slow", { heartbeat: { page: 7 } });
    const { scheduled } = await startWorker([definition], { livenessMs: 200 });
    const ticket = await scheduled.schedule(definition, undefined);
    await waitFor(() => contexts.length === 1, { description: "the code runs" });
    const first = await scheduled.stored(ticket);
    await waitFor(
      async () => ((await scheduled.stored(ticket))?.aliveAtMs ?? 0) > (first?.aliveAtMs ?? Infinity) + 400,
      { description: "the attempt stays alive for longer than its liveness" },
    );
    expect((await scheduled.stored(ticket))?.heartbeatAtMs).toBeDefined();
    open();
    await scheduled.untilSettled(ticket);
  });

  test("details reported right before a failure reach the next attempt", async () => {
    const seen: unknown[] = [];
    const resuming = activity({
      name: "resuming",
      execute: (_input: void, context) => {
        seen.push(context.heartbeatDetails);
        if (seen.length === 2) return;
        context.heartbeat({ page: 7 });
        throw new Error("stopped at page 7");
      },
    });
    const { scheduled } = await startWorker([resuming], { livenessMs: 60_000 });
    const ticket = await scheduled.schedule(resuming, undefined);
    await scheduled.dispatchAgain(await scheduled.untilBackingOff(ticket));
    await scheduled.untilSettled(ticket);
    expect(seen).toEqual([undefined, { page: 7 }]);
  });

  test("tell the code of a terminated run to stop, and nothing is settled", async () => {
    const { definition, contexts } = gated();
    const { scheduled, worker } = await startWorker([definition], { livenessMs: 200 });
    const ticket = await scheduled.schedule(definition, undefined);
    await waitFor(() => contexts.length === 1, { description: "the code runs" });
    await scheduled.store.terminate({ workflowId: ticket.workflowId, operationId: "stop" });
    await waitFor(() => contexts[0]?.signal.aborted, { description: "the code is told" });
    expect(contexts[0]?.signal.reason).toMatchObject({ code: "CANCELLED" });
    await waitFor(() => worker.describe().running.length === 0, { description: "the slot is free" });
    expect(await scheduled.settlements(ticket)).toEqual([]);
  });
});

describe("time", () => {
  test("past startToClose the code is told and the attempt counts as timed out", async () => {
    const slow = activity({
      name: "slow",
      timeouts: { startToClose: 100 },
      retry: { maxAttempts: 1 },
      execute: (_input: void, context) =>
        new Promise((_resolve, reject) => {
          context.signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    });
    const { scheduled } = await startWorker([slow]);
    const settled = await scheduled.untilSettled(await scheduled.schedule(slow, undefined));
    expect(failureOf(settled.data)).toMatchObject({ name: "ActivityTimedOutError" });
  });

  test("code that ignores its signal loses its slot after a while", async () => {
    const deaf = activity({
      name: "deaf",
      timeouts: { startToClose: 50 },
      retry: { maxAttempts: 1 },
      execute: () => new Promise(() => undefined),
    });
    const { scheduled, worker } = await startWorker([deaf], { abandonMs: 50, concurrency: 1 });
    for (const ticket of [await scheduled.schedule(deaf, 1), await scheduled.schedule(deaf, 2)]) {
      const settled = await scheduled.untilSettled(ticket);
      expect(failureOf(settled.data)).toMatchObject({ name: "ActivityTimedOutError" });
    }
    await waitFor(() => worker.describe().running.length === 0, { description: "the slots are free" });
  });
});

describe("drain", () => {
  test("lets running attempts end within the grace and fetches no more", async () => {
    const { definition, contexts, open } = gated();
    const { scheduled, worker } = await startWorker([definition]);
    const running = await scheduled.schedule(definition, undefined);
    await waitFor(() => contexts.length === 1, { description: "the code runs" });
    const drained = worker.drain({ graceMs: 20_000 });
    const late = await scheduled.schedule(definition, undefined);
    open();
    await drained;
    expect((await scheduled.untilSettled(running)).kind).toBe("activity-completed");
    expect((await scheduled.stored(late))?.state).toBe("scheduled");
    expect(worker.describe().state).toBe("closed");
  });

  test.each([
    ["heeds its signal", { ignoresSignal: false }],
    ["ignores its signal", { ignoresSignal: true }],
  ])("gives back, uncounted, an attempt whose code %s past the grace", async (_label, options) => {
    const { definition, contexts } = gated("gated", { ...options, heartbeat: { page: 3 } });
    const { scheduled, worker } = await startWorker([definition]);
    const ticket = await scheduled.schedule(definition, undefined);
    await waitFor(() => contexts.length === 1, { description: "the code runs" });
    await worker.drain({ graceMs: 0 });
    expect(contexts[0]?.signal.reason).toMatchObject({ code: "SHUT_DOWN" });
    const stored = await scheduled.untilBackingOff(ticket);
    expect(failureOf(stored.lastFailure)?.message).toBe("worker is draining");
    expect((await scheduled.dispatchAgain(stored)).attempt).toBe(1);
  });

  test("ends although neither code nor Redis answers", { timeout: 60_000 }, async () => {
    const proxy = await startTcpProxy({ targetPort: Number(new URL(inject("redisUrl")).port) });
    toClose.push(() => proxy.stop());
    const { definition, contexts } = gated("deaf", { ignoresSignal: true });
    const namespace = randomNamespace("worker");
    const connection = { url: `redis://127.0.0.1:${proxy.port}` };
    const taskQueue = createTaskQueue({ connection, namespace, log });
    const scheduled = await ScheduledActivities.open({ url: inject("redisUrl"), namespace, taskQueue });
    const store = await createRedisStore({ connection, namespace });
    toClose.push(
      () => scheduled.store.close(),
      () => store.close(),
      () => taskQueue.close(),
    );
    const worker = createWorker({ store, taskQueue, activities: [definition], log });
    worker.start();
    await scheduled.schedule(definition, undefined);
    await waitFor(() => contexts.length === 1, { description: "the code runs" });
    proxy.dropReplies(true);
    const startedAtMs = Date.now();
    await worker.drain({ graceMs: 100 });
    expect(Date.now() - startedAtMs).toBeLessThan(20_000);
    proxy.dropReplies(false);
  });
});

test("a settlement survives an outage of Redis", { timeout: 60_000 }, async () => {
  const proxy = await startTcpProxy({ targetPort: Number(new URL(inject("redisUrl")).port) });
  toClose.push(() => proxy.stop());
  const namespace = randomNamespace("worker");
  const taskQueue = createTaskQueue({ connection: { url: inject("redisUrl") }, namespace, log });
  const scheduled = await ScheduledActivities.open({ url: inject("redisUrl"), namespace, taskQueue });
  const store = await createRedisStore({
    connection: { url: `redis://127.0.0.1:${proxy.port}` },
    namespace,
    callTimeoutMs: 500,
  });
  const { definition, contexts, open } = gated();
  const points: ObservationPoint[] = [];
  const worker = createWorker({
    ...{ store, taskQueue, activities: [definition], log },
    observe: (point) => points.push(point),
  });
  toClose.push(
    () => scheduled.store.close(),
    () => store.close(),
    () => taskQueue.close(),
    () => worker.close(),
  );
  worker.start();
  const ticket = await scheduled.schedule(definition, undefined);
  await waitFor(() => contexts.length === 1, { description: "the code runs" });
  proxy.dropReplies(true);
  open();
  await waitFor(() => points.includes("worker.executed"), { description: "the code has ended" });
  await waitFor(() => proxy.droppedReplyBytes > 0, { description: "a reply was lost" });
  proxy.dropReplies(false);
  await waitFor(() => points.includes("worker.settled"), {
    description: "the store has answered",
    timeoutMs: 20_000,
  });
  expect(await scheduled.settlements(ticket)).toHaveLength(1);
});

test("no more attempts of a queue run at once than the worker has slots", async () => {
  let running = 0;
  let most = 0;
  const counting = activity({
    name: "counting",
    execute: async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    },
  });
  const { scheduled } = await startWorker([counting], { concurrency: 3 });
  const tickets = [];
  for (let count = 0; count < 12; count++)
    tickets.push(await scheduled.schedule(counting, count, { relay: false }));
  await Promise.all(tickets.map((ticket) => scheduled.relay(ticket)));
  for (const ticket of tickets) await scheduled.untilSettled(ticket);
  expect(most).toBeLessThanOrEqual(3);
});

test("a consumer that does not fetch what waits is built anew, and the new one works", async () => {
  const noop = activity({ name: "noop", execute: () => undefined });
  const { scheduled, worker, namespace } = await startWorker([noop], { watchdogMs: 200 });
  // A queue that was paused by hand looks like a consumer that went quiet.
  const queue = new Queue("default", {
    connection: { url: inject("redisUrl") },
    prefix: `{heddle:${namespace}:default}`,
  });
  toClose.push(() => queue.close());
  await queue.pause();
  const ticket = await scheduled.schedule(noop, undefined);
  await waitFor(() => worker.describe().consumerRestarts >= 2, { description: "the watchdog acts" });
  expect(Date.now() - worker.describe().lastProgressAtMs).toBeGreaterThan(200);
  await queue.resume();
  await scheduled.untilSettled(ticket);
  await waitFor(() => Date.now() - worker.describe().lastProgressAtMs < 100, {
    description: "progress is seen",
  });
});
