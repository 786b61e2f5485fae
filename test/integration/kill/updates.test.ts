// The owner of a run is killed around the acceptance of an update: its handler's effect and its result come once.
import { expect, test } from "vitest";
import { countUp } from "../../processes/errand.js";
import { openFleet } from "./open-fleet.js";

test.for([
  { point: "coordinator.before-commit", on: 2, what: "before the acceptance is committed" },
  { point: "coordinator.committed", on: 2, what: "between acceptance and completion" },
  { point: "coordinator.before-commit", on: 3, what: "before the completion is committed" },
  { point: "coordinator.committed", on: 3, what: "before the completion is told to anyone else" },
])("an owner killed $what: the update is done once, and its caller is told", async ({ point, on }) => {
  const fleet = await openFleet();
  const [breaks] = await Promise.all([
    fleet.start("coordinator", { breakAt: point, breakOn: on }),
    fleet.start("worker"),
  ]);
  const { workflowId } = await fleet.client.start("counter", undefined);
  const { updates } = fleet.client;
  // Its start is one commit, the acceptance of the update the next.
  await expect.poll(async () => (await fleet.client.describe(workflowId)).status).toBe("running");
  const waiting = updates.execute(workflowId, countUp.name, "tick", { updateId: "tick-1" });
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  const again = updates.execute(workflowId, countUp.name, "tock", { updateId: "tick-1" });
  await fleet.start("coordinator");

  const result = [1, `tick for ${workflowId}`];
  expect(await Promise.all([waiting, again])).toEqual([result, result]);
  expect(await updates.execute(workflowId, countUp.name, "tick", { updateId: "tick-1" })).toEqual(result);
  expect(fleet.effects().map((effect) => effect.result)).toEqual([`tick for ${workflowId}`]);
  await fleet.client.signal(workflowId, "end", undefined);
  expect(await fleet.client.result(workflowId)).toBe(1);
  const kinds = (await fleet.client.history(workflowId)).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.startsWith("update"))).toEqual(["update", "update-completed"]);
});
