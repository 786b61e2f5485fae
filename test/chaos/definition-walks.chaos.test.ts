// Executions of every type of task while owners, workers and Redis are killed: CHAOS_SECONDS, CHAOS_SEED as in the mix.
import { setTimeout as delay } from "node:timers/promises";
import { CONDUCTOR_WORKFLOW } from "@heddle/conductor";
import { startTestRedis } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { WALK_OUTPUT } from "../processes/definition-walk.js";
import { DefinitionWalks } from "../support/definition-walks.js";
import { untilAnswered } from "../support/errands.js";
import { Fleet } from "../support/fleet.js";
import { untilAtRest } from "../support/invariants.js";
import { OutsideWorld } from "../support/outside-world.js";
import { Nemesis } from "./nemesis.js";
import { SeededRandom } from "./seeded-random.js";
import { SupervisedProcess } from "./supervised-process.js";

const seconds = Number(process.env["CHAOS_SECONDS"] ?? 120);
const seed = Number(process.env["CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const LANES = 8;

test(`no effect is repeated in secret during ${seconds} s of faults (CHAOS_SEED=${seed})`, async () => {
  console.log(`CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds}`);
  const redis = await startTestRedis({ appendFsync: "always" });
  onTestFinished(() => redis.stop());
  const world = await OutsideWorld.open();
  onTestFinished(() => world.close());
  const fleet = await Fleet.open({
    url: redis.url,
    env: { ...world.env, PARTITIONS: "8", TICKET_CHECK_MS: "2000", RECONCILE_EVERY_MS: "3000" },
  });
  onTestFinished(() => fleet.close());
  const parts = ["coordinator", "coordinator", "worker", "worker"] as const;
  const places = parts.map((part) => new SupervisedProcess(part, fleet, {}));
  onTestFinished(() => Promise.all(places.map((place) => place.close())).then(() => undefined));
  await Promise.all(places.map((place) => place.ready()));

  const walks = new DefinitionWalks(fleet, world);
  const nemesis = new Nemesis(fleet, places, redis, new SeededRandom(seed));
  const raging = nemesis.rage();
  const ends: Record<string, number> = {};
  let isOver = false;
  let started = 0;
  const lanes = Array.from({ length: LANES }, async () => {
    while (!isOver) {
      const id = `walk-${started++}`;
      await untilAnswered(() => walks.start([id]));
      const end = await endOf(fleet, id);
      ends[end] = (ends[end] ?? 0) + 1;
    }
  });
  await Promise.race([delay(seconds * 1_000), Promise.all(lanes)]);
  isOver = true;
  await nemesis.stop();
  await raging;
  await Promise.all(lanes);
  await untilAtRest(fleet.redis, fleet.namespace, 60_000);

  const effects = [...world.calls(), ...(await world.messages())];
  console.log(
    JSON.stringify({ seed, seconds, started, ends, effects: effects.length, faults: nemesis.faults }),
  );
  const taskIds = effects.map(({ taskId }) => taskId);
  expect(taskIds.filter((taskId, index) => taskIds.indexOf(taskId) !== index)).toEqual([]);
  expect(await fleet.client.count({ type: CONDUCTOR_WORKFLOW, status: ["pending", "running"] })).toBe(0);
  expect(places.flatMap(({ unprovoked }) => unprovoked)).toEqual([]);
  expect(ends["COMPLETED"]).toBeGreaterThan(0);
});

/** Executions complete with the output of every other, or tell that the worker of an effect was lost or stopped on the way. */
async function endOf(fleet: Fleet, id: string): Promise<string> {
  try {
    const output = await untilAnswered(() => fleet.client.result(id));
    expect(output).toEqual(WALK_OUTPUT);
    return "COMPLETED";
  } catch (error) {
    const { cause } = error as { cause?: { details?: { status?: string; reason?: string } } };
    const { status, reason = "" } = cause?.details ?? {};
    if (status === "TIMED_OUT" || (status === "FAILED" && reason.includes("its worker stopped")))
      return status;
    throw error;
  }
}
