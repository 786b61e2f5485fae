import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "../support/fleet.js";
import { keysOf } from "../support/namespace-contents.js";
import type { SeededRandom } from "./seeded-random.js";

/** Reads histories all the time: each read must begin with what was read before, during faults as well. */
export class HistoryWatch {
  readonly shrunk: string[] = [];
  looks = 0;
  readonly #longest = new Map<string, readonly Buffer[]>();
  #isOver = false;
  readonly #watching: Promise<void>;

  constructor(
    private readonly fleet: Fleet,
    private readonly random: SeededRandom,
  ) {
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      // While Redis is away there is nothing to see.
      await this.#look().catch(() => undefined);
      await delay(200);
    }
  }

  async #look(): Promise<void> {
    const { redis, namespace } = this.fleet;
    const histories = (await keysOf(redis, namespace)).filter((key) => key.includes("}:h:"));
    for (let nth = 0; nth < Math.min(20, histories.length); nth++) {
      const key = this.random.pick(histories);
      const records = await redis.lrangeBuffer(key, "0", "-1");
      const known = this.#longest.get(key) ?? [];
      const isPrefix = known.every((record, index) => records[index]?.equals(record) === true);
      if (!isPrefix)
        this.shrunk.push(`${key}: ${known.length} records were followed by ${records.length} others`);
      this.#longest.set(key, records);
      this.looks++;
    }
  }
}
