// What a run that waits for a signal costs: bytes in Redis, and nothing else.
import { randomNamespace, startTestRedis, waitFor } from "@heddle/testkit";
import { workflow } from "heddle";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { note } from "./support/collecting-workflows.js";
import { openEngine } from "./support/open-engine.js";

const RUNS = 2_000;
const WINDOW_MS = 5_000;

const parking = workflow({ name: "parking" }).execute(async function* (ctx, _input: { text: string }) {
  return yield* ctx.waitForSignal(note);
});

/** A server of its own, because its counters and its memory are what is measured. */
async function openMeasuredEngine(options: { partitions?: number } = {}) {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const engine = await openEngine({
    url: server.url,
    namespace: randomNamespace("parked"),
    workflows: [parking],
    ...options,
  });
  const park = async (count: number) => {
    // 100 bytes of input, as msgpack packs it.
    const handles = await Promise.all(
      Array.from({ length: count }, () => engine.start("parking", { text: "x".repeat(92) })),
    );
    await waitFor(async () => (await engine.count({ status: "pending" })) === 0, {
      description: "all runs are parked",
      timeoutMs: 30_000,
    });
    return handles;
  };
  return { engine, redis, park };
}

/** Commands that the server executed, by name, those inside scripts included. */
async function commandCalls(redis: Redis): Promise<Map<string, number>> {
  const info = await redis.info("commandstats");
  const calls = [...info.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)];
  return new Map(calls.map(([, name, count]) => [name ?? "", Number(count)]));
}

/** Commands per round of lease renewals, so that a round more or less in the window makes no difference. */
async function callsPerRound(redis: Redis): Promise<number> {
  const before = await commandCalls(redis);
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const after = await commandCalls(redis);
  const calls = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const total = [...after.keys()]
    .filter((name) => name !== "info")
    .reduce((sum, name) => sum + calls(name), 0);
  // Each round removes coordinators that went silent, once.
  return total / calls("zremrangebyscore");
}

function activeResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
}

test("2,000 parked runs cost no command and no timer or handle in the process", async () => {
  const { engine, redis, park } = await openMeasuredEngine();
  const [warm] = await park(1);
  const idle = await callsPerRound(redis);
  const resources = activeResources();
  await park(RUNS);
  const parked = await callsPerRound(redis);
  console.log(
    `commands per round of lease renewals (1 s): ${idle.toFixed(1)} with 1 parked run, ${parked.toFixed(1)} with ${RUNS + 1}`,
  );
  // One command per run in the window would be 400 more.
  expect(Math.abs(parked - idle)).toBeLessThan(idle * 0.1);
  for (const [kind, count] of Object.entries(activeResources())) {
    expect(count - (resources[kind] ?? 0), kind).toBeLessThan(10);
  }
  await warm?.signal(note, 1);
  expect(await warm?.result()).toBe(1);
  expect(await engine.count({ status: "running" })).toBe(RUNS);
});

test("a parked run takes at most 1,024 bytes of Redis, all included", async () => {
  const { redis, park } = await openMeasuredEngine({ partitions: 1 });
  // Until the feed of changes is full: what it keeps does not grow with the runs.
  await park(1_100);
  const before = await usedMemory(redis);
  await park(RUNS);
  const bytes = ((await usedMemory(redis)) - before) / RUNS;
  console.log(`a parked run with an input of 100 bytes takes ${bytes.toFixed(0)} bytes of Redis`);
  expect(bytes).toBeLessThanOrEqual(1_024);
  expect(bytes).toBeGreaterThan(100);
});
