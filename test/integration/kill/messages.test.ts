// A coordinator is killed or paused between any two steps of a message's way from run to run.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import type { Fleet } from "../../support/fleet.js";
import type { FamilyInput } from "../../processes/family.js";
import type { TallyInput } from "../../processes/tally.js";
import { untilAtRest } from "../../support/invariants.js";
import { shareSizes } from "../../support/leases.js";
import { openFleet } from "./open-fleet.js";

const SIGNALS = 12;
const CHILDREN = 6;

async function startFamily(fleet: Fleet) {
  const tally: TallyInput = { wanted: SIGNALS, perRun: 5, soFar: [] };
  await fleet.client.start("tally", tally, { id: "ledger" });
  const input: FamilyInput = { ledger: "ledger", signals: SIGNALS, children: CHILDREN };
  await fleet.client.start("parent", input, { id: "parent" });
}

async function expectAllOnce(fleet: Fleet): Promise<void> {
  await untilAtRest(fleet.redis, fleet.namespace, 30_000);
  expect(await fleet.client.result("ledger")).toEqual(Array.from({ length: SIGNALS }, (_, number) => number));
  const results = (await fleet.client.result("parent")) as string[];
  expect(results.map((result) => result.split(" for ")[0])).toEqual(
    Array.from({ length: CHILDREN }, (_, index) => `second child ${index}`),
  );
  expect(
    fleet
      .effects()
      .map(({ result }) => result)
      .sort(),
  ).toEqual([...results].sort());
  const history = await fleet.client.history("parent");
  const count = (kind: string) => history.filter((entry) => entry.kind === kind).length;
  expect(count("message-answered")).toBe(SIGNALS + CHILDREN);
  expect(count("child-completed")).toBe(CHILDREN);
}

test.for([
  { point: "coordinator.committed", on: 5 },
  { point: "coordinator.message-delivered", on: 1 },
  { point: "coordinator.message-delivered", on: SIGNALS + 2 },
  { point: "coordinator.message-delivered", on: SIGNALS + CHILDREN + 2 },
  { point: "coordinator.message-done", on: 3 },
  { point: "coordinator.message-done", on: SIGNALS + CHILDREN + 3 },
])(
  "killed at $point, time $on: signals arrive once and in order, children run once, their parent hears of each once",
  async ({ point, on }) => {
    const fleet = await openFleet();
    const [breaks] = await Promise.all([
      fleet.start("coordinator", { breakAt: point, breakOn: on }),
      fleet.start("worker"),
    ]);
    await startFamily(fleet);
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    await expectAllOnce(fleet);
  },
);

test("an owner that sleeps past its lease with a message under way repeats nothing when it wakes", async () => {
  const fleet = await openFleet();
  const [sleeps] = await Promise.all([
    fleet.start("coordinator", { breakAt: "coordinator.message-delivered", breakOn: 4, breakBy: "SIGSTOP" }),
    fleet.start("worker"),
  ]);
  await startFamily(fleet);
  await sleeps.waitForLine(/^breaking at/);
  await fleet.start("coordinator");
  await expectAllOnce(fleet);
  sleeps.resume();
  await waitFor(async () => (await shareSizes(fleet)).join() === "2,2", {
    description: "both have their share",
  });
  await expectAllOnce(fleet);
});

test.for(["coordinator.message-delivered", "coordinator.message-done"])(
  "the children of a parent that is terminated while its owner is killed at %s are all terminated",
  async (point) => {
    const fleet = await openFleet();
    const ids = Array.from({ length: 5 }, (_, index) => `orphan-${index}`);
    const first = await fleet.start("coordinator");
    await fleet.client.start("guardian", ids, { id: "guardian" });
    const statuses = () => Promise.all(ids.map(async (id) => (await fleet.client.describe(id)).status));
    await waitFor(
      () =>
        statuses().then(
          (all) => all.every((status) => status === "running"),
          () => false,
        ),
      {
        description: "the children run",
      },
    );
    await fleet.stop(first);
    await fleet.client.terminate("guardian");
    const breaks = await fleet.start("coordinator", { breakAt: point, breakOn: 2 });
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    await untilAtRest(fleet.redis, fleet.namespace, 15_000);
    expect(await statuses()).toEqual(ids.map(() => "terminated"));
  },
);
