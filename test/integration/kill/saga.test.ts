// A coordinator is killed while a saga is being undone; the next one goes on with the compensations that are left.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import type { Fleet } from "../../support/fleet.js";
import { EFFECTS_OF_TRIP } from "../../processes/trip.js";
import { untilAtRest } from "../../support/invariants.js";
import { openFleet } from "./open-fleet.js";

const WORK_MS = 300;

test.for([3, 4, 5])(
  "killed after %i of six effects of a saga: each is executed once, compensations in reverse order",
  async (count) => {
    const fleet = await openFleet();
    const [coordinator] = await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
    await fleet.client.start("trip", { workMs: WORK_MS }, { id: "trip-1" });
    await waitFor(() => fleet.effects().length === count, { description: "the saga is under way" });
    await fleet.kill(coordinator);
    await fleet.start("coordinator");
    await expectUndone(fleet);
  },
);

test.for(["coordinator.before-commit", "coordinator.committed", "coordinator.enqueued"])(
  "killed at %s of a compensation: nothing is lost or repeated",
  async (point) => {
    const fleet = await openFleet();
    // The fifth of each is that of the second compensation: one for the start, three bookings, the first compensation.
    const [breaks] = await Promise.all([
      fleet.start("coordinator", { breakAt: point, breakOn: 5 }),
      fleet.start("worker"),
    ]);
    await fleet.client.start("trip", { workMs: WORK_MS }, { id: "trip-1" });
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    await expectUndone(fleet);
  },
);

async function expectUndone(fleet: Fleet): Promise<void> {
  await expect(fleet.client.result("trip-1")).rejects.toMatchObject({
    code: "WORKFLOW_FAILED",
    cause: { message: "the card was declined" },
  });
  await untilAtRest(fleet.redis, fleet.namespace, 15_000);
  const effects = EFFECTS_OF_TRIP.map((label) => `${label} for trip-1`);
  expect(fleet.effects().map(({ result }) => result)).toEqual(effects);
  const recorded = (await fleet.client.history("trip-1")).filter(({ kind }) => kind === "activity-completed");
  expect(recorded.map(({ result }) => result)).toEqual(effects);
}
