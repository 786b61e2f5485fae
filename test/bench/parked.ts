import { Redis } from "ioredis";
import { waitFor } from "@heddle/testkit";
import type { System } from "./system.js";

/** W4: Redis bytes per run parked on a signal, control data and index included, with a 100-byte input. */
export async function bytesPerParkedRun(system: System, url: string, runs: number): Promise<number> {
  const redis = new Redis(url);
  const used = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1] ?? Number.NaN);
  try {
    const before = await used();
    const input = "x".repeat(100);
    for (let started = 0; started < runs; started += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, () => system.engine.start("signal-wait", input)));
    }
    await waitFor(async () => (await system.engine.count({ status: "pending" })) === 0, {
      description: "all runs are parked",
      timeoutMs: 120_000,
      intervalMs: 100,
    });
    return Math.round(((await used()) - before) / runs);
  } finally {
    redis.disconnect();
  }
}
