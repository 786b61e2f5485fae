// A run that continues as new while its owner is killed: every update is done once, and its caller gets one answer.
import { expect, test } from "vitest";
import { put, type BasketInput } from "../../processes/basket.js";
import { openFleet } from "./open-fleet.js";

test.for(["coordinator.before-commit", "coordinator.committed"])(
  "an owner killed at %s between the runs that take updates",
  { timeout: 60_000 },
  async (breakAt) => {
    const fleet = await openFleet();
    const wanted = 60;
    const input: BasketInput = { wanted, perRun: 3, soFar: [] };
    const { runId } = await fleet.client.start("basket", input, { id: "basket" });
    const { updates } = fleet.client;
    // All of them wait, so every commit but the last is that of a run which continues with the rest.
    const ask = (number: number) => updates.execute("basket", put.name, number, { updateId: `n${number}` });
    const numbers = Array.from({ length: wanted }, (_, number) => number);
    const answers = Promise.all(numbers.map(ask));
    await expect.poll(async () => (await fleet.client.describe("basket")).accepted).toBe(wanted + 1);
    const breaks = await fleet.start("coordinator", { breakAt, breakOn: 6 });
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    const seen = await fleet.client.result("basket", { runId });
    const places = await answers;
    expect(numbers.map((number) => (seen as number[]).indexOf(number) + 1)).toEqual(places);
    expect(new Set(places).size).toBe(wanted);
    expect(await Promise.all(numbers.map(ask))).toEqual(places);
  },
);
