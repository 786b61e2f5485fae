// Kills and pauses at random, one fault after the other, some at the same time.
import { setTimeout as delay } from "node:timers/promises";
import type { TestRedis } from "@heddle/testkit";
import type { Fleet, Part } from "../support/fleet.js";
import type { SeededRandom } from "./seeded-random.js";
import type { SupervisedProcess } from "./supervised-process.js";

const BREAKING_POINTS: Readonly<Record<Part, readonly string[]>> = {
  coordinator: [
    "coordinator.acquired",
    "coordinator.before-commit",
    "coordinator.committed",
    "coordinator.enqueued",
    "coordinator.relayed",
  ],
  worker: ["worker.fetched", "worker.claimed", "worker.executed", "worker.settled"],
  gateway: ["gateway.accepted"],
  "event-worker": [],
};

export class Nemesis {
  /** How often each fault was brought about. */
  readonly faults: Record<string, number> = {};
  readonly #healing = new Set<Promise<void>>();
  #isOver = false;

  constructor(
    private readonly fleet: Fleet,
    private readonly places: readonly SupervisedProcess[],
    private readonly redis: TestRedis,
    private readonly random: SeededRandom,
  ) {}

  /** Until `stop`. */
  async rage(): Promise<void> {
    while (!this.#isOver) {
      await delay(this.random.integer(300, 2_500));
      if (!this.#isOver) await this.#strike();
    }
  }

  /** Resolves when everything that was broken is whole again. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#healing);
  }

  async #strike(): Promise<void> {
    const place = this.random.pick(this.places);
    const draw = this.random.next();
    if (draw < 0.08) {
      this.#count("redis killed");
      await this.redis.kill();
      await delay(this.random.integer(0, 1_500));
      await this.redis.restart();
      return;
    }
    const victim = place.current;
    if (victim === undefined) return;
    if (draw < 0.4) {
      this.#count(`${place.part} killed`);
      if (this.random.next() < 0.5) {
        place.breakNext({
          breakAt: this.random.pick(BREAKING_POINTS[place.part]),
          breakOn: this.random.integer(1, 40),
        });
      }
      await this.fleet.kill(victim);
    } else if (draw < 0.8) {
      this.#count(`${place.part} paused`);
      this.fleet.pause(victim);
      const healing = delay(this.random.integer(500, 4_000)).then(() => {
        victim.resume();
        this.#healing.delete(healing);
      });
      this.#healing.add(healing);
    } else {
      this.#count(`${place.part} stopped`);
      this.fleet.faulty.add(victim.pid);
      // A paused process ends when it is resumed; one that takes too long is killed, as an orchestrator would.
      const healing = victim
        .stop({ timeoutMs: 15_000 })
        .catch(() => undefined)
        .then(() => void this.#healing.delete(healing));
      this.#healing.add(healing);
    }
  }

  #count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }
}
