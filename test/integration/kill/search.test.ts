// Runs that change what they are found by while their owner is killed: each is found by one stage, always.
import { expect, test } from "vitest";
import { nextStage } from "../../processes/stages.js";
import { openFleet } from "./open-fleet.js";

const LAST = 6;
const RUNS = 12;

test.for(["coordinator.before-commit", "coordinator.committed"])(
  "an owner killed at %s: no run is in two stages or in none, and none is at its last stage and open",
  { timeout: 60_000 },
  async (breakAt) => {
    const fleet = await openFleet();
    const breaks = await fleet.start("coordinator", { breakAt, breakOn: 3 });
    const ids = Array.from({ length: RUNS }, (_, index) => `run-${index}`);
    const { client } = fleet;
    await Promise.all(
      ids.map((id) => client.start("stages", { last: LAST }, { id, attributes: { stage: 0 } })),
    );
    let isDone = false;
    const watching = async () => {
      while (!isDone) {
        const groups = await client.aggregate({}, { groupBy: { attribute: "stage" } });
        expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(RUNS);
        const open = ["pending", "running"] as const;
        expect(await client.count({ status: open, attributes: { stage: LAST } })).toBe(0);
        expect(await client.count({ status: "completed", attributes: { stage: { lt: LAST } } })).toBe(0);
      }
    };
    const driving = async () => {
      for (let stage = 0; stage < LAST; stage++) {
        for (const id of ids) await client.signal(id, nextStage.name, stage, { signalId: `stage-${stage}` });
      }
      expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
      await fleet.start("coordinator");
      await Promise.all(ids.map((id) => client.result(id)));
    };
    await Promise.all([watching(), driving().finally(() => (isDone = true))]);
    expect(await client.aggregate({ status: "completed" }, { groupBy: { attribute: "stage" } })).toEqual([
      { group: LAST, count: RUNS },
    ]);
    const statuses = ["pending", "running", "suspended"] as const;
    expect(await client.aggregate({ status: statuses }, { groupBy: "version" })).toEqual([]);
  },
);
