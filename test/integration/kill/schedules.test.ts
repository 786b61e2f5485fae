// Owners die around the start of a tick: every tick of the time is started, and none twice, although each run is purged
// as soon as it has ended.
import { waitFor } from "@heddle/testkit";
import { WorkflowNotFoundError } from "heddle";
import { expect, test } from "vitest";
import type { Fleet, PartOptions } from "../../support/fleet.js";
import { untilAtRest } from "../../support/invariants.js";
import { openFleet } from "./open-fleet.js";

const SECOND = 1_000;

/** Ticks each second, so many times if it is told. */
async function scheduleRounds(fleet: Fleet, limit: { remainingRuns?: number } = {}): Promise<void> {
  await fleet.client.schedules.create({
    ...{ id: "rounds", interval: { every: "1s" }, overlap: "allow-all", workflow: { type: "round" } },
    ...limit,
  });
}

/** Waits for the last tick. Every one was started, from the first to the last, and worked once. */
async function expectEachOnce(fleet: Fleet): Promise<void> {
  const { counts } = await waitFor(
    async () => {
      const description = await fleet.client.schedules.describe("rounds");
      // The last one is counted when it is started, and decided before.
      return description.remainingRuns === 0 && description;
    },
    { description: "the last tick is decided", timeoutMs: 45_000 },
  );
  await untilAtRest(fleet.redis, fleet.namespace, 15_000);
  const ticks = fleet.effects().map(({ workflowId }) => Date.parse(workflowId.slice("rounds-".length)));
  const first = Math.min(...ticks);
  expect(ticks.toSorted((left, right) => left - right)).toEqual(
    ticks.map((_tick, index) => first + index * SECOND),
  );
  const { counts: atEnd } = await fleet.client.schedules.describe("rounds");
  expect(atEnd).toEqual({ ...counts, started: ticks.length });
  expect(atEnd).toMatchObject({ skipped: 0, missed: 0, refused: 0 });
}

async function isPurged(fleet: Fleet, workflowId: string): Promise<boolean> {
  const found = fleet.client.describe(workflowId);
  return found.then(
    () => false,
    (error: unknown) => error instanceof WorkflowNotFoundError,
  );
}

test.for([
  { breakAt: "coordinator.before-decision", breakBy: "SIGKILL" },
  { breakAt: "coordinator.before-scheduled-start", breakBy: "SIGKILL" },
  { breakAt: "coordinator.scheduled-start", breakBy: "SIGKILL" },
  { breakAt: "coordinator.before-scheduled-start", breakBy: "SIGSTOP" },
] as const satisfies readonly PartOptions[])(
  "an owner that gets $breakBy at $breakAt: every tick is started once",
  async (when) => {
    const fleet = await openFleet();
    const [breaks] = await Promise.all([
      fleet.start("coordinator", { ...when, breakOn: 2 }),
      fleet.start("worker"),
    ]);
    await scheduleRounds(fleet, { remainingRuns: 8 });
    await breaks.waitForLine(/^breaking/);
    await fleet.start("coordinator");
    if (when.breakBy === "SIGSTOP") {
      await waitFor(
        async () => {
          const [, decided] = fleet.effects();
          return decided !== undefined && (await isPurged(fleet, decided.workflowId));
        },
        { description: "another owner has started the tick, and its run is gone", timeoutMs: 20_000 },
      );
      // It goes on with the start that it had decided.
      breaks.resume();
    }
    await expectEachOnce(fleet);
    expect(fleet.effects()).toHaveLength(8);
  },
);

test("owners that come and go, killed or stopped, while a schedule ticks: every tick is started once", async () => {
  const fleet = await openFleet();
  let [owner] = await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  await scheduleRounds(fleet);
  for (let change = 0; change < 4; change++) {
    const { counts } = await fleet.client.schedules.describe("rounds");
    await waitFor(
      async () => (await fleet.client.schedules.describe("rounds")).counts.started > counts.started,
      { description: "the schedule ticks", timeoutMs: 20_000 },
    );
    const next = await fleet.start("coordinator");
    await (change % 2 === 0 ? fleet.kill(owner) : fleet.stop(owner));
    owner = next;
  }
  await fleet.client.schedules.update("rounds", { remainingRuns: 2 });
  await expectEachOnce(fleet);
});

test("a start that waits for the end of a run is performed by the next owner, as soon as the run ends", async () => {
  const fleet = await openFleet();
  const [owner] = await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  const { schedules } = fleet.client;
  await schedules.create({
    ...{ id: "in turn", cron: "0 0 29 2 *", overlap: "buffer-all" },
    workflow: { type: "errand", input: { notes: 1, workMs: 5 } },
  });
  const [first, second] = [await schedules.trigger("in turn"), await schedules.trigger("in turn")];
  const until = (running: string, buffered: number) =>
    waitFor(
      async () => {
        const description = await schedules.describe("in turn");
        return description.running.join() === running && description.buffered === buffered;
      },
      { description: `${running} runs, and ${buffered} wait`, timeoutMs: 20_000 },
    );
  await until(first.workflowId, 1);
  await fleet.kill(owner);
  await fleet.start("coordinator");
  await fleet.client.signal(first.workflowId, "note", "go");
  await until(second.workflowId, 0);
});
