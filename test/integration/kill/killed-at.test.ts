// One process is killed at a named point; others of its kind live on or start afterwards.
import { expect, test } from "vitest";
import { gatewayCaller, keepBusy, runErrands, storeCaller } from "../../support/errands.js";
import { openFleet } from "./open-fleet.js";

const load = { count: 6, input: { notes: 2, workMs: 30 } };

test.for([
  { point: "coordinator.acquired", on: 2, successor: "is alive" },
  { point: "coordinator.before-commit", on: 3, successor: "starts afterwards" },
  { point: "coordinator.committed", on: 3, successor: "is alive" },
  { point: "coordinator.enqueued", on: 2, successor: "starts afterwards" },
  { point: "coordinator.relayed", on: 2, successor: "starts afterwards" },
])(
  "a coordinator killed at $point, whose successor $successor: nothing is lost or repeated",
  async (when) => {
    const fleet = await openFleet();
    const breaking = () => fleet.start("coordinator", { breakAt: when.point, breakOn: when.on });
    const [breaks] = await Promise.all([
      breaking(),
      fleet.start("worker"),
      ...(when.successor === "is alive" ? [fleet.start("coordinator")] : []),
    ]);
    // How the two share the partitions is not known, so there is work until the one that breaks has had enough.
    const busy = keepBusy(storeCaller(fleet.client), fleet, { lanes: load.count, input: load.input });
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    if (when.successor !== "is alive") await fleet.start("coordinator");
    await busy.stop();
    expect(await fleet.verdict()).toEqual([]);
    expect(await fleet.executedInVain()).toBe(0);
  },
);

test.for([
  { point: "worker.fetched", on: 3, inVain: 0 },
  { point: "worker.claimed", on: 3, inVain: 0 },
  { point: "worker.executed", on: 3, inVain: 1 },
  { point: "worker.settled", on: 3, inVain: 0 },
])("a worker killed at $point: each result is recorded once", async ({ point, on, inVain }) => {
  const fleet = await openFleet();
  const [breaks] = await Promise.all([
    fleet.start("worker", { breakAt: point, breakOn: on }),
    fleet.start("coordinator"),
  ]);
  await runErrands(storeCaller(fleet.client), fleet.journal, load);
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  await fleet.start("worker");
  expect(await fleet.verdict()).toEqual([]);
  // Other attempts of the same worker may have ended as well before they could be settled.
  expect(await fleet.executedInVain()).toBeGreaterThanOrEqual(inVain);
});

test("a gateway killed between accepting and answering: the repeated request finds what was accepted", async () => {
  const fleet = await openFleet();
  const [breaks, second] = await Promise.all([
    fleet.start("gateway", { breakAt: "gateway.accepted", breakOn: 8 }),
    fleet.start("gateway"),
    fleet.start("coordinator"),
    fleet.start("worker"),
  ]);
  const urls = await Promise.all(
    [breaks, second].map(async (gateway) => (await gateway.waitForLine(/ready at/)).split(" at ")[1] ?? ""),
  );
  let calls = 0;
  const caller = gatewayCaller(() => urls[calls++ % 2] ?? "");
  await runErrands(caller, fleet.journal, load);
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(0);
});
