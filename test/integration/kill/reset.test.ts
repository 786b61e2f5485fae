// The owner of a run is killed around a reset: what is cut off stays cut off, and nothing that was accepted is lost.
import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { effectsOfErrand, type ErrandInput } from "../../processes/errand.js";
import type { Fleet } from "../../support/fleet.js";
import { untilAtRest } from "../../support/invariants.js";
import { openFleet } from "./open-fleet.js";

async function kindsOf(fleet: Fleet, workflowId: string): Promise<string[]> {
  return (await fleet.client.history(workflowId)).map(({ kind }) => kind);
}

/** An errand that has done its first activity, seen two of its four notes and lost its owner. */
async function orphanedErrand(fleet: Fleet): Promise<string> {
  const [owner] = await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  const input: ErrandInput = { notes: 4, workMs: 0 };
  const { workflowId } = await fleet.client.start("errand", input);
  const noted = async (count: number) =>
    (await kindsOf(fleet, workflowId)).filter((kind) => kind === "signal").length === count;
  await waitFor(async () => (await kindsOf(fleet, workflowId)).includes("activity-completed"), {
    description: "the first activity is done",
  });
  for (const number of [1, 2]) {
    await fleet.client.signal(workflowId, "note", `note ${number}`);
    await waitFor(() => noted(number), { description: `note ${number} is in` });
  }
  await fleet.kill(owner);
  return workflowId;
}

async function resetToFirst(fleet: Fleet, workflowId: string): Promise<void> {
  const event = (await kindsOf(fleet, workflowId)).indexOf("activity-completed");
  await fleet.client.repair.reset(workflowId, { event });
}

test.for([
  ["coordinator.before-commit", "coordinator.before-commit"],
  ["coordinator.before-commit", "coordinator.committed"],
  ["coordinator.committed", "coordinator.before-commit"],
])(
  "owners killed at %s and then at %s, after a reset that no owner saw",
  { timeout: 60_000 },
  async (points) => {
    const fleet = await openFleet();
    const workflowId = await orphanedErrand(fleet);
    // One that the inbox has for the old run, one for the new.
    await fleet.client.signal(workflowId, "note", "note 3");
    await resetToFirst(fleet, workflowId);
    await fleet.client.signal(workflowId, "note", "note 4");
    for (const breakAt of points) {
      const breaks = await fleet.start("coordinator", { breakAt });
      expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    }
    await fleet.start("coordinator");
    expect(await fleet.client.result(workflowId)).toMatchObject({
      notes: ["note 1", "note 2", "note 3", "note 4"],
      effects: effectsOfErrand(workflowId),
    });
    const kinds = await kindsOf(fleet, workflowId);
    expect(kinds.filter((kind) => kind === "reset")).toHaveLength(1);
    expect(kinds.filter((kind) => kind === "signal")).toHaveLength(4);
    expect(fleet.effects().filter(({ result }) => result.startsWith("first"))).toHaveLength(1);
    await untilAtRest(fleet.redis, fleet.namespace, 15_000);
  },
);

test("a run that is reset while its owner works, again and again, ends as if it had not been", async () => {
  const fleet = await openFleet();
  await Promise.all([fleet.start("coordinator"), fleet.start("coordinator"), fleet.start("worker")]);
  const input: ErrandInput = { notes: 30, workMs: 0 };
  const { workflowId } = await fleet.client.start("errand", input);
  const notes = Array.from({ length: input.notes }, (_, number) => `note ${number}`);
  const sending = (async () => {
    for (const note of notes) {
      await fleet.client.signal(workflowId, "note", note, { signalId: note });
      await delay(5);
    }
  })();
  let resets = 0;
  while (resets < 15) {
    const kinds = await kindsOf(fleet, workflowId);
    const event = kinds.findIndex((kind) => kind === "activity-completed" || kind === "started");
    if (event === -1) continue;
    await fleet.client.repair.reset(workflowId, { event });
    resets++;
    await delay(resets * 3);
  }
  await sending;
  expect(await fleet.client.result(workflowId)).toMatchObject({
    notes,
    effects: effectsOfErrand(workflowId),
  });
  const { accepted, processed } = await fleet.client.describe(workflowId);
  expect(processed).toBe(accepted);
  await untilAtRest(fleet.redis, fleet.namespace, 15_000);
});
