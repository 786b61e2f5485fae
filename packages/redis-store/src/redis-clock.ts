import type { RedisClient } from "./connection.js";

/** Tells the Redis time without asking each time: read once, carried on by the process's monotonic clock. */
export class RedisClock {
  private constructor(private readonly offsetMs: number) {}

  static async synchronise(client: RedisClient): Promise<RedisClock> {
    const [seconds, microseconds] = await client.time();
    // Taking the reply's arrival as its time makes the estimate early by the way back; never late.
    return new RedisClock(Number(seconds) * 1_000 + Number(microseconds) / 1_000 - performance.now());
  }

  nowMs(): number {
    return Math.floor(performance.now() + this.offsetMs);
  }
}
