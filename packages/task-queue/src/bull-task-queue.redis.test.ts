import { fileURLToPath } from "node:url";
import type { ActivityTicket, StopSignal } from "@heddle/core";
import { createLogger } from "@heddle/telemetry";
import { randomNamespace, spawnProcess, startTcpProxy, startTestRedis, waitFor } from "@heddle/testkit";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { createTaskQueue, type TaskQueueOptions } from "./bull-task-queue.js";
import { newTicket } from "./fixtures/tickets.js";

const log = createLogger({ name: "test", level: "silent" });
const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

function taskQueue(options: Partial<TaskQueueOptions> = {}) {
  const queue = createTaskQueue({
    namespace: randomNamespace("tickets"),
    connection: { url: inject("redisUrl") },
    log,
    ...options,
  });
  toClose.push(() => queue.close());
  return queue;
}

/** A handler that remembers its tickets and holds each until `release`. */
function holdingHandler() {
  const started: ActivityTicket[] = [];
  const lost: StopSignal[] = [];
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    started,
    lost,
    handle: (ticket: ActivityTicket, lostSignal: StopSignal) => {
      started.push(ticket);
      lost.push(lostSignal);
      return isOpen ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve));
    },
    release: (count = Infinity) => waiting.splice(0, count).forEach((resolve) => resolve()),
    open() {
      isOpen = true;
      this.release();
    },
  };
}

describe.each([
  { server: "a standalone Redis", connection: () => ({ url: inject("redisUrl") }) },
  { server: "a cluster", connection: () => ({ cluster: inject("clusterNodes") }) },
])("on $server", ({ connection }) => {
  test("tickets reach the handler in the order in which they were added", async () => {
    const queue = taskQueue({ connection: connection() });
    const tickets = Array.from({ length: 50 }, (_, seq) => newTicket(seq));
    expect(await queue.enqueue("orders", tickets)).toEqual(tickets);
    const handled: ActivityTicket[] = [];
    queue.consume("orders", { concurrency: 1 }, async (ticket) => void handled.push(ticket));
    await waitFor(() => handled.length === 50, { description: "all tickets are handled" });
    expect(handled).toEqual(tickets);
  });

  test("a ticket added again while it exists is delivered once and confirmed twice", async () => {
    const queue = taskQueue({ connection: connection() });
    const ticket = newTicket();
    const consumer = queue.consume("orders", { concurrency: 10 }, async (each) => void handled.push(each));
    const handled: ActivityTicket[] = [];
    await consumer.pause();
    for (let repeat = 0; repeat < 3; repeat++)
      expect(await queue.enqueue("orders", [ticket])).toEqual([ticket]);
    expect(await consumer.waiting()).toBe(1);
  });

  test("queues of one task queue do not mix", async () => {
    const queue = taskQueue({ connection: connection() });
    const handled: string[] = [];
    for (const name of ["a", "b", "c"]) {
      queue.consume(name, { concurrency: 5 }, async (ticket) => void handled.push(`${name}${ticket.seq}`));
      await queue.enqueue(name, [newTicket(1), newTicket(2)]);
    }
    await waitFor(() => handled.length === 6, { description: "all tickets are handled" });
    expect(handled.sort()).toEqual(["a1", "a2", "b1", "b2", "c1", "c2"]);
  });
});

test("no more handlers run at once than the limit says", async () => {
  const queue = taskQueue();
  const handler = holdingHandler();
  await queue.enqueue(
    "orders",
    Array.from({ length: 9 }, (_, seq) => newTicket(seq)),
  );
  const consumer = queue.consume("orders", { concurrency: 4 }, handler.handle);
  await waitFor(() => handler.started.length === 4, { description: "four handlers run" });
  expect(await consumer.waiting()).toBe(5);
  handler.release(1);
  await waitFor(() => handler.started.length === 5, { description: "the freed slot is taken" });
  expect(await consumer.waiting()).toBe(4);
  handler.open();
  await waitFor(() => handler.started.length === 9, { description: "all tickets are handled" });
});

test("nothing of a handled ticket stays in Redis but the queue's own bookkeeping", async () => {
  const namespace = randomNamespace("tickets");
  const queue = taskQueue({ namespace });
  const redis = new Redis(inject("redisUrl"));
  toClose.push(() => redis.quit());
  let handled = 0;
  await queue.enqueue(
    "orders",
    Array.from({ length: 300 }, (_, seq) => newTicket(seq)),
  );
  queue.consume("orders", { concurrency: 20 }, async () => {
    handled++;
    if (handled % 3 === 0) throw new Error("handlers may fail");
  });
  await waitFor(() => handled === 300, { description: "all tickets are handled" });
  const keys = () => redis.keys(`{heddle:${namespace}:orders}:*`);
  await waitFor(async () => !(await keys()).some((key) => key.includes(".")), {
    description: "all jobs are removed",
  });
  const events = (await keys()).find((key) => key.endsWith(":events")) ?? "";
  expect(await redis.xlen(events)).toBeLessThan(250);
});

test("a job that is no ticket is dropped and does not disturb the tickets behind it", async () => {
  const namespace = randomNamespace("tickets");
  const queue = taskQueue({ namespace });
  const foreign = new Queue("orders", {
    connection: { url: inject("redisUrl") },
    prefix: `{heddle:${namespace}:orders}`,
  });
  toClose.push(() => foreign.close());
  await foreign.add("something else", { hello: "world" }, { jobId: "foreign" });
  const ticket = newTicket();
  await queue.enqueue("orders", [ticket]);
  const handled: ActivityTicket[] = [];
  queue.consume("orders", { concurrency: 1 }, async (each) => void handled.push(each));
  await waitFor(() => handled.length === 1, { description: "the ticket is handled" });
  expect(handled).toEqual([ticket]);
  expect(await foreign.getJob("foreign")).toBeUndefined();
});

describe("stopping", () => {
  test("close waits for running handlers and starts no more", async () => {
    const queue = taskQueue();
    const handler = holdingHandler();
    await queue.enqueue("orders", [newTicket(1), newTicket(2), newTicket(3)]);
    const consumer = queue.consume("orders", { concurrency: 2 }, handler.handle);
    await waitFor(() => handler.started.length === 2, { description: "two handlers run" });
    let isClosed = false;
    const closed = consumer.close().then(() => (isClosed = true));
    handler.release(1);
    expect(await consumer.waiting()).toBe(1);
    expect(isClosed).toBe(false);
    handler.release();
    await closed;
    expect(handler.started).toHaveLength(2);
    expect(await consumer.waiting()).toBe(1);
  });

  test("a paused consumer takes no ticket and its running handlers go on", async () => {
    const queue = taskQueue();
    const handler = holdingHandler();
    await queue.enqueue("orders", [newTicket(1)]);
    const paused = queue.consume("orders", { concurrency: 5 }, handler.handle);
    await waitFor(() => handler.started.length === 1, { description: "a handler runs" });
    await paused.pause();
    await queue.enqueue("orders", [newTicket(2), newTicket(3)]);
    // The other consumer shows that the tickets are there to be taken.
    const other = holdingHandler();
    queue.consume("orders", { concurrency: 5 }, other.handle);
    await waitFor(() => other.started.length === 2, { description: "another consumer takes the tickets" });
    expect(handler.started).toHaveLength(1);
    handler.open();
    other.open();
  });

  test("a handler that fails while its consumer stops leaves the ticket to others", async () => {
    const queue = taskQueue();
    const ticket = newTicket();
    await queue.enqueue("orders", [ticket]);
    let fail: (error: Error) => void = () => undefined;
    let isRunning = false;
    const consumer = queue.consume("orders", { concurrency: 1 }, () => {
      isRunning = true;
      return new Promise((_resolve, reject) => (fail = reject));
    });
    await waitFor(() => isRunning, { description: "the handler runs" });
    await consumer.pause();
    fail(new Error("shutting down"));
    await consumer.close();
    const handled: ActivityTicket[] = [];
    queue.consume("orders", { concurrency: 1 }, async (each) => void handled.push(each));
    await waitFor(() => handled.length === 1, { description: "another consumer gets the ticket" });
    expect(handled).toEqual([ticket]);
  });
});

describe("crashes and outages", () => {
  test("tickets held by a killed process come back", { timeout: 60_000 }, async () => {
    const namespace = randomNamespace("tickets");
    const queue = taskQueue({ namespace });
    const tickets = [newTicket(1), newTicket(2), newTicket(3)];
    await queue.enqueue("orders", tickets);
    const holder = await spawnProcess({
      name: "holder",
      entry: fileURLToPath(new URL("fixtures/hold-tickets.ts", import.meta.url)),
      args: [inject("redisUrl"), namespace, "orders"],
    });
    toClose.push(() => holder.kill());
    await waitFor(() => holder.lines.length === 3, { description: "the process holds all tickets" });
    const handled: ActivityTicket[] = [];
    queue.consume("orders", { concurrency: 5 }, async (ticket) => void handled.push(ticket));
    const killedAtMs = Date.now();
    await holder.kill();
    await waitFor(() => handled.length === 3, { description: "the tickets come back", timeoutMs: 30_000 });
    expect(handled.map((ticket) => ticket.seq).sort()).toEqual([1, 2, 3]);
    expect(Date.now() - killedAtMs).toBeLessThan(15_000);
  });

  test("a handler whose lock was lost is told", { timeout: 60_000 }, async () => {
    const namespace = randomNamespace("tickets");
    const queue = taskQueue({ namespace });
    const redis = new Redis(inject("redisUrl"));
    toClose.push(() => redis.quit());
    const handler = holdingHandler();
    await queue.enqueue("orders", [newTicket()]);
    queue.consume("orders", { concurrency: 1 }, handler.handle);
    await waitFor(() => handler.started.length === 1, { description: "the handler runs" });
    const locks = await redis.keys(`{heddle:${namespace}:orders}:*:lock`);
    expect(locks).toHaveLength(1);
    await redis.del(locks);
    await waitFor(() => handler.lost[0]?.reason !== undefined, { description: "the handler is told" });
    handler.open();
  });

  test("without Redis nothing is confirmed, and soon", async () => {
    const redis = await startTestRedis();
    toClose.push(() => redis.stop());
    const queue = taskQueue({ connection: { url: redis.url }, timeLimitMs: 500 });
    expect(await queue.enqueue("orders", [newTicket()])).toHaveLength(1);
    await redis.kill();
    const startedAtMs = Date.now();
    expect(await queue.enqueue("orders", [newTicket(), newTicket()])).toEqual([]);
    expect(Date.now() - startedAtMs).toBeLessThan(5_000);
    await redis.restart();
    const again = newTicket();
    await waitFor(async () => (await queue.enqueue("orders", [again])).length === 1, {
      description: "tickets are confirmed again",
    });
  });

  test("what a full Redis refused is not confirmed, and adding it again later adds nothing twice", async () => {
    const redis = await startTestRedis();
    toClose.push(() => redis.stop());
    const admin = new Redis(redis.url);
    toClose.push(async () => admin.disconnect());
    const queue = taskQueue({ connection: { url: redis.url } });
    const consumer = queue.consume("orders", { concurrency: 1 }, async () => undefined);
    await consumer.ready;
    await consumer.pause();
    const usedBytes = Number(/used_memory:(\d+)/.exec(await admin.info("memory"))?.[1]);
    await admin.config("SET", "maxmemory-policy", "noeviction");
    await admin.config("SET", "maxmemory", usedBytes + 1_500_000);
    const tickets = Array.from({ length: 4_000 }, (_, seq) => newTicket(seq));
    const confirmed = await queue.enqueue("orders", tickets);
    expect(confirmed.length).toBeGreaterThan(0);
    expect(confirmed.length).toBeLessThan(tickets.length);
    await admin.config("SET", "maxmemory", 0);
    const missing = tickets.filter((ticket) => !confirmed.includes(ticket));
    expect(await queue.enqueue("orders", missing)).toHaveLength(missing.length);
    expect(await consumer.waiting()).toBe(tickets.length);
  });

  test("a consumer goes on after Redis crashed and came back", { timeout: 60_000 }, async () => {
    const redis = await startTestRedis();
    toClose.push(() => redis.stop());
    const queue = taskQueue({ connection: { url: redis.url } });
    const handled: ActivityTicket[] = [];
    const consumer = queue.consume("orders", { concurrency: 5 }, async (ticket) => void handled.push(ticket));
    await consumer.ready;
    await redis.kill();
    await redis.restart();
    const ticket = newTicket();
    await waitFor(async () => (await queue.enqueue("orders", [ticket])).length === 1, {
      description: "the ticket is confirmed",
    });
    await waitFor(() => handled.length > 0, { description: "the ticket is handled", timeoutMs: 20_000 });
    expect(handled[0]).toEqual(ticket);
  });

  test("close ends although Redis is away", { timeout: 60_000 }, async () => {
    const redis = await startTestRedis();
    toClose.push(() => redis.stop());
    const queue = createTaskQueue({ namespace: randomNamespace(), connection: { url: redis.url }, log });
    const consumer = queue.consume("orders", { concurrency: 5 }, async () => undefined);
    await consumer.ready;
    await redis.kill();
    const startedAtMs = Date.now();
    await queue.close();
    expect(Date.now() - startedAtMs).toBeLessThan(15_000);
  });

  test("tickets that were added with all replies lost exist once", { timeout: 60_000 }, async () => {
    const proxy = await startTcpProxy({ targetPort: Number(new URL(inject("redisUrl")).port) });
    toClose.push(() => proxy.stop());
    const namespace = randomNamespace("tickets");
    const cut = taskQueue({
      namespace,
      connection: { url: `redis://127.0.0.1:${proxy.port}` },
      timeLimitMs: 1_000,
    });
    const direct = taskQueue({ namespace });
    const tickets = [newTicket(1), newTicket(2)];
    await cut.enqueue("orders", [newTicket(0)]);
    proxy.dropReplies(true);
    expect(await cut.enqueue("orders", tickets)).toEqual([]);
    proxy.dropReplies(false);
    expect(await direct.enqueue("orders", tickets)).toEqual(tickets);
    const consumer = direct.consume(
      "orders",
      { concurrency: 1 },
      async (ticket) => void handled.push(ticket.seq),
    );
    const handled: number[] = [];
    await waitFor(() => handled.length === 3, { description: "the tickets are handled" });
    expect(await consumer.waiting()).toBe(0);
    expect(handled).toEqual([0, 1, 2]);
  });
});

describe("restart", () => {
  test("a restarted consumer takes tickets, and handlers of before go on and count for the limit", async () => {
    const queue = taskQueue();
    const handler = holdingHandler();
    await queue.enqueue("orders", [newTicket(1), newTicket(2)]);
    const consumer = queue.consume("orders", { concurrency: 3 }, handler.handle);
    await waitFor(() => handler.started.length === 2, { description: "two handlers run" });
    await consumer.restart();
    await queue.enqueue("orders", [newTicket(3), newTicket(4), newTicket(5)]);
    await waitFor(() => handler.started.length === 3, { description: "the free slot is taken" });
    expect(await consumer.waiting()).toBe(2);
    handler.release();
    await waitFor(() => handler.started.length === 5, { description: "all tickets are handled" });
    handler.open();
  });

  test("a consumer without a free slot, or a paused one, is left as it is", async () => {
    const queue = taskQueue();
    const handler = holdingHandler();
    await queue.enqueue("orders", [newTicket(1), newTicket(2)]);
    const consumer = queue.consume("orders", { concurrency: 1 }, handler.handle);
    await waitFor(() => handler.started.length === 1, { description: "the handler runs" });
    await consumer.restart();
    await consumer.pause();
    await consumer.restart();
    handler.open();
    await consumer.close();
    expect(handler.started).toHaveLength(1);
    expect(await consumer.waiting()).toBe(1);
  });
});
