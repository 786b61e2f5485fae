// Workers that hold slots of a limit are killed; neither are there ever too many attempts, nor do slots get lost.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { CROWD_LIMIT } from "../../processes/crowd.js";
import type { Effect } from "../../processes/effects-ledger.js";
import type { Fleet } from "../../support/fleet.js";
import { openFleet } from "./open-fleet.js";

const SIZE = 24;

/** When each process was killed, by its pid, on the clock of the ledger. */
type Deaths = ReadonlyMap<number, number>;

/** The most attempts that were in progress at once; one that did not end was until its process was killed. */
function mostAtOnce(effects: readonly Effect[], deaths: Deaths): number {
  const key = ({ seq, attempt, pid }: Effect) => `${seq} ${attempt} ${pid}`;
  const endOf = new Map(effects.filter(({ result }) => result === "ends").map((end) => [key(end), end.atMs]));
  const begun = effects.filter(({ result }) => result === "begins");
  const spans = begun.map((begin) => ({
    fromMs: begin.atMs,
    toMs: endOf.get(key(begin)) ?? deaths.get(begin.pid) ?? Number.POSITIVE_INFINITY,
  }));
  return Math.max(
    ...spans.map(({ fromMs }) => spans.filter((span) => span.fromMs <= fromMs && fromMs < span.toMs).length),
  );
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

async function slotsOf(fleet: Fleet): Promise<number> {
  return fleet.redis.hlen(`{heddle:${fleet.namespace}}:limit-slots:enter`);
}

test.each([
  ["that have their tickets and no slot yet", "worker.fetched"],
  ["that have a slot and have claimed", "worker.claimed"],
  ["whose code has ended", "worker.executed"],
  ["whose result was accepted before they knew", "worker.accepted"],
])("workers %s are killed", async (_when, breakAt) => {
  const fleet = await openFleet();
  const deaths = new Map<number, number>();
  const [steady, ...breaking] = await Promise.all([
    fleet.start("worker"),
    fleet.start("worker", { breakAt, breakOn: 2 }),
    fleet.start("worker", { breakAt, breakOn: 3 }),
    fleet.start("coordinator"),
  ]);
  for (const process of breaking.slice(0, 2)) {
    void process.exited.then(() => deaths.set(process.pid, monotonicMs()));
  }
  await fleet.client.start("crowd", SIZE, { id: "crowd" });
  const result = await fleet.client.result("crowd", {});
  expect(result).toEqual(Array.from({ length: SIZE }, (_, index) => index));
  expect(deaths.has(steady.pid)).toBe(false);
  expect(mostAtOnce(fleet.effects(), deaths)).toBeLessThanOrEqual(CROWD_LIMIT);
  // A later crowd finds all of the limit.
  await fleet.client.start("crowd", SIZE, { id: "another" });
  await fleet.client.result("another", {});
  await waitFor(async () => (await slotsOf(fleet)) <= 1, { description: "no slot is held for nothing" });
});

test("slots of a workflow that is terminated are for those that wait", async () => {
  const fleet = await openFleet();
  await Promise.all([fleet.start("worker", { env: { LIVENESS_MS: "60000" } }), fleet.start("coordinator")]);
  await fleet.client.start("crowd", 200, { id: "crowd" });
  await waitFor(async () => (await slotsOf(fleet)) === CROWD_LIMIT, { description: "the limit is reached" });
  await fleet.client.terminate("crowd", {});
  await fleet.client.start("crowd", 6, { id: "another" });
  expect(await fleet.client.result("another", {})).toHaveLength(6);
});
