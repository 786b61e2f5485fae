import type { RedisClient } from "./connection.js";

/** Tells the Redis time without asking each time: read once, carried on by the process's monotonic clock. */
export class RedisClock {
  private constructor(private offsetMs: number) {}

  static async synchronise(client: RedisClient): Promise<RedisClock> {
    return new RedisClock(await readOffset(client));
  }

  /** Again, because the two drift apart for good when a machine sleeps, a clock is set, or another server takes over. */
  async synchroniseAgain(client: RedisClient): Promise<void> {
    this.offsetMs = await readOffset(client);
  }

  nowMs(): number {
    return Math.floor(performance.now() + this.offsetMs);
  }
}

async function readOffset(client: RedisClient): Promise<number> {
  const [seconds, microseconds] = await client.time();
  // Taking the reply's arrival as its time makes the estimate early by the way back; never late.
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000 - performance.now();
}
