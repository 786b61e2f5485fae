// An inline step that its owner had begun, and no event behind it that would bring the run back to mind.
import { expect, test } from "vitest";
import { openFleet } from "./open-fleet.js";

test("steps of a killed or stopped owner are run again by the next one", { timeout: 60_000 }, async () => {
  const fleet = await openFleet();
  const stuck = { env: { STEP_HANGS: "1" } };
  const killed = await fleet.start("coordinator", stuck);
  const { runId } = await fleet.client.start("lingering", undefined, { id: "lingering" });
  const result = fleet.client.result("lingering", { runId });
  await killed.waitForLine(/step begins/);
  await fleet.kill(killed);
  const stopped = await fleet.start("coordinator", stuck);
  await stopped.waitForLine(/step begins/);
  await fleet.stop(stopped);
  await fleet.start("coordinator");
  expect(await result).toBe("done");
  const [held = ""] = await fleet.redis.keys(`{heddle:${fleet.namespace}:*}:held`);
  expect(held).toBe("");
});
