// Signal handlers, conditions and version markers live in the owner's memory and in history: the owner is killed.
import { expect, test } from "vitest";
import { keepBusy, runErrands, storeCaller } from "../../support/errands.js";
import { openFleet } from "./open-fleet.js";

const input = { notes: 4, workMs: 20 };

test.for([
  { point: "coordinator.before-commit", on: 4 },
  { point: "coordinator.committed", on: 4 },
])("a coordinator killed at $point: every signal is handled once and in order", async ({ point, on }) => {
  const fleet = await openFleet();
  const [breaks] = await Promise.all([
    fleet.start("coordinator", { breakAt: point, breakOn: on }),
    fleet.start("worker"),
  ]);
  const busy = keepBusy(storeCaller(fleet.client, "handled-errand"), fleet, { lanes: 6, input });
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  await fleet.start("coordinator");
  await busy.stop();
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(0);
});

test("owners killed one after the other while signals come: every signal is handled once and in order", async () => {
  const fleet = await openFleet();
  let [owner] = await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  const sending = runErrands(storeCaller(fleet.client, "handled-errand"), fleet.journal, {
    count: 10,
    input: { ...input, notes: 12 },
  });
  for (let kills = 0; kills < 3; kills++) {
    const next = await fleet.start("coordinator");
    await fleet.kill(owner);
    owner = next;
  }
  await sending;
  expect(await fleet.verdict()).toEqual([]);
});
