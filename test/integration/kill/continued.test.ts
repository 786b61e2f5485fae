// A run that continues as new while its owner is killed: every signal is counted once, in order.
import { expect, test } from "vitest";
import type { TallyInput } from "../../processes/tally.js";
import { openFleet } from "./open-fleet.js";

test.for(["coordinator.before-commit", "coordinator.committed"])(
  "an owner killed at %s in the middle of a chain of runs",
  { timeout: 60_000 },
  async (breakAt) => {
    const fleet = await openFleet();
    const [breaks] = await Promise.all([
      fleet.start("coordinator", { breakAt, breakOn: 12 }),
      fleet.start("worker"),
    ]);
    const wanted = 60;
    // Twenty runs, one behind the other, so at least as many commits.
    const input: TallyInput = { wanted, perRun: 3, soFar: [] };
    const { runId } = await fleet.client.start("tally", input, { id: "tally" });
    const result = fleet.client.result("tally", { runId });
    for (let number = 0; number < wanted; number++) {
      await fleet.client.signal("tally", "counted", number, { signalId: `n${number}` });
    }
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    expect(await result).toEqual(Array.from({ length: wanted }, (_, number) => number));
  },
);
