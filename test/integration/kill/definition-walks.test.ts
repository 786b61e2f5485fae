// The owner of executions that use every type of task is killed: the same output, and each call and message once per attempt.
import { expect, onTestFinished, test } from "vitest";
import { DefinitionWalks } from "../../support/definition-walks.js";
import { OutsideWorld } from "../../support/outside-world.js";
import { openFleet } from "./open-fleet.js";

async function openWalks() {
  const world = await OutsideWorld.open();
  onTestFinished(() => world.close());
  // No worker dies here, and none is to be taken for dead because the machine is busy.
  const fleet = await openFleet({ env: { ...world.env, PARTITIONS: "8", LIVENESS_MS: "60000" } });
  await fleet.start("worker");
  return { fleet, walks: new DefinitionWalks(fleet, world) };
}

test("killed at each event of a definition", { timeout: 180_000 }, async () => {
  const { fleet, walks } = await openWalks();
  const first = await fleet.start("coordinator");
  const events = await walks.eventsOf("undisturbed");
  expect(events).toBeGreaterThan(30);
  await fleet.stop(first);
  const ids = await walks.killAtEachEvent(events);
  await walks.expectWalked(ids);
  await walks.expectEffectsOnce(["undisturbed", ...ids]);
});

test("killed between its calls, one owner after the other", { timeout: 180_000 }, async () => {
  const { fleet, walks } = await openWalks();
  const ids = Array.from({ length: 6 }, (_, index) => `walk-${index}`);
  await walks.start(ids);
  for (const [breakAt, breakOn] of [
    ["coordinator.committed", 9],
    ["coordinator.before-commit", 12],
    ["coordinator.enqueued", 8],
    ["coordinator.relayed", 6],
    ["coordinator.committed", 15],
    ["coordinator.before-commit", 15],
  ] as const) {
    const breaks = await fleet.start("coordinator", { breakAt, breakOn });
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  }
  await fleet.start("coordinator");
  await walks.expectWalked(ids);
  await walks.expectEffectsOnce(ids);
});
