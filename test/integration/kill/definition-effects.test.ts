// The worker of a system task is killed around the call or the message: once at most for each attempt, and no attempt in secret.
import { replayedExecution } from "@heddle/conductor";
import { waitFor } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { ANOTHER_ATTEMPT, effectTask } from "../../processes/definition-walk.js";
import { DefinitionWalks } from "../../support/definition-walks.js";
import type { Fleet } from "../../support/fleet.js";
import { OutsideWorld } from "../../support/outside-world.js";
import { openFleet } from "./open-fleet.js";

const ID = "effects";
const FROM = { call: "HTTP", hanging: "HTTP", event: "EVENT", publish: "KAFKA_PUBLISH" } as const;
type Effect = keyof typeof FROM;

/** One effect after the other. */
async function openEffects(effects: readonly Effect[], rest = {}) {
  const world = await OutsideWorld.open();
  onTestFinished(() => world.close());
  const fleet = await openFleet({ env: { ...world.env, PARTITIONS: "1" } });
  await fleet.start("coordinator");
  const tasks = effects.map((from) => effectTask(from, world.surroundings, rest));
  await new DefinitionWalks(fleet, world).start([ID], { name: "effects", tasks });
  return { fleet, world };
}

async function dyingWorker(fleet: Fleet, breakAt: string): Promise<void> {
  const breaks = await fleet.start("worker", { breakAt });
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
}

async function executionOf(fleet: Fleet) {
  const run = await fleet.client.exportHistory(ID);
  return (await replayedExecution(run)) as { status: string; tasks: { taskId: string; status: string }[] };
}

async function seenTaskIds(world: OutsideWorld): Promise<string[]> {
  return [...world.calls(), ...(await world.messages())].map(({ taskId }) => taskId);
}

const LOST = ["TIMED_OUT", "COMPLETED"];

test.for([
  { point: "worker.claimed", what: "before a call", effects: ["call"], done: [false, true] },
  {
    point: "worker.executed",
    what: "between an effect and its record",
    effects: ["call", "event", "publish"],
    done: [true, true],
  },
] as const)(
  "killed $what: the lost attempt is TIMED_OUT, and another is a new task",
  { timeout: 120_000 },
  async ({ point, effects, done }) => {
    const { fleet, world } = await openEffects(effects, ANOTHER_ATTEMPT);
    for (const effect of effects) await dyingWorker(fleet, `${point} conductor.${FROM[effect]}`);
    await fleet.start("worker");
    await fleet.client.result(ID);
    const { status, tasks } = await executionOf(fleet);
    expect(status).toBe("COMPLETED");
    expect(tasks.map((task) => task.status)).toEqual(effects.flatMap(() => LOST));
    const withEffect = tasks.filter((_task, index) => done[index % done.length]);
    expect((await seenTaskIds(world)).toSorted()).toEqual(withEffect.map(({ taskId }) => taskId).toSorted());
  },
);

test("killed behind a call that may not be tried again: the execution is TIMED_OUT, and nobody repeats the call", async () => {
  const { fleet, world } = await openEffects(["call"]);
  await dyingWorker(fleet, "worker.executed conductor.HTTP");
  await fleet.start("worker");
  await expect(fleet.client.result(ID)).rejects.toMatchObject({
    cause: { details: { status: "TIMED_OUT" } },
  });
  const { tasks } = await executionOf(fleet);
  expect(tasks.map(({ status }) => status)).toEqual(["TIMED_OUT"]);
  expect(await seenTaskIds(world)).toEqual([tasks[0]?.taskId]);
});

test("stopped while a call has no answer: the attempt has FAILED, and another is a new task", async () => {
  const { fleet, world } = await openEffects(["hanging"], ANOTHER_ATTEMPT);
  const worker = await fleet.start("worker");
  await waitFor(() => world.calls().length === 1, { description: "the call is under way" });
  await fleet.stop(worker);
  await fleet.start("worker");
  await fleet.client.result(ID);
  const { tasks } = await executionOf(fleet);
  expect(tasks.map(({ status }) => status)).toEqual(["FAILED", "COMPLETED"]);
  expect(await seenTaskIds(world)).toEqual(tasks.map(({ taskId }) => taskId));
});
