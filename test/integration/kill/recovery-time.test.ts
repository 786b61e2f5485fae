// How long work stands still when its owner, or its worker, is killed under load. Prints the figures.
import { expect, test } from "vitest";
import type { Fleet } from "../../support/fleet.js";
import { monotonicMs } from "../../processes/effects-ledger.js";
import { keepBusy, storeCaller } from "../../support/errands.js";
import { waitFor } from "@heddle/testkit";
import { openFleet } from "./open-fleet.js";

test("the next step of a killed owner's runs comes within its lease and a little more", async () => {
  const fleet = await openFleet({ env: { LEASE_TTL_MS: "2000", PARTITIONS: "8" } });
  const [killed] = await Promise.all([
    fleet.start("coordinator"),
    fleet.start("coordinator"),
    fleet.start("worker"),
  ]);
  const load = keepBusy(storeCaller(fleet.client), fleet, { lanes: 40, input: { notes: 2, workMs: 20 } });
  const owned = () => new Set(ownCommits(fleet, killed.pid).map(({ partition }) => partition));
  await waitFor(() => fleet.commits().length > 300 && owned().size >= 2, { description: "load" });
  const killedAtMs = monotonicMs();
  await fleet.kill(killed);
  const lost = [...lastOwned(fleet, killed.pid)];
  const gaps = await waitFor(
    () => {
      const after = fleet.commits().filter(({ pid, atMs }) => pid !== killed.pid && atMs > killedAtMs);
      const firsts = lost.map((partition) => after.find((commit) => commit.partition === partition));
      return firsts.every((first) => first !== undefined) && firsts.map(({ atMs }) => atMs - killedAtMs);
    },
    { description: "somebody else moves all its partitions" },
  );
  await load.stop();
  expect(await fleet.verdict()).toEqual([]);
  console.log(
    `W5 owner killed, lease 2 s: next step of its ${gaps.length} partitions ` +
      `${range(gaps)} ms after the kill; ${fleet.journal.runs.size} runs, ` +
      `${await fleet.executedInVain()} activities executed in vain`,
  );
  expect(Math.max(...gaps)).toBeLessThan(6_000);
});

test("what a killed worker had claimed runs again after its liveness and a little more", async () => {
  const fleet = await openFleet({ env: { LIVENESS_MS: "4000" } });
  const [killed] = await Promise.all([
    fleet.start("worker"),
    fleet.start("worker"),
    fleet.start("coordinator"),
  ]);
  const load = keepBusy(storeCaller(fleet.client), fleet, { lanes: 40, input: { notes: 2, workMs: 100 } });
  const executed = () => fleet.effects().filter(({ pid }) => pid === killed.pid).length;
  const claimed = () => killed.lines.filter((line) => line.includes("attempt claimed")).length;
  await waitFor(() => executed() > 50 && claimed() - executed() >= 5, {
    description: "load, and attempts under way",
    intervalMs: 1,
  });
  const killedAtMs = monotonicMs();
  await fleet.kill(killed);
  // Runs that lost an attempt go on with the next; everybody else's activities succeed at the first.
  const second = () => fleet.effects().filter(({ attempt }) => attempt > 1);
  await waitFor(() => second().length > 0, { description: "a lost attempt is repeated" });
  await load.stop();
  expect(await fleet.verdict()).toEqual([]);
  const gaps = second().map(({ atMs }) => atMs - 100 - killedAtMs);
  console.log(
    `W5 worker killed, liveness 4 s: ${gaps.length} lost attempts ran again ${range(gaps)} ms after the kill; ` +
      `${fleet.journal.runs.size} runs, ${await fleet.executedInVain()} activities executed in vain`,
  );
  expect(Math.max(...gaps)).toBeLessThan(9_000);
});

function ownCommits(fleet: Fleet, owner: number) {
  return fleet.commits().filter(({ pid, outcome }) => pid === owner && outcome === "ok");
}

/** Partitions whose last commit was this process's. */
function lastOwned(fleet: Fleet, owner: number): ReadonlySet<number> {
  const last = new Map(fleet.commits().map(({ partition, pid }) => [partition, pid]));
  return new Set([...last].filter(([, pid]) => pid === owner).map(([partition]) => partition));
}

function range(values: readonly number[]): string {
  const sorted = values.toSorted((left, right) => left - right).map(Math.round);
  return `${sorted[0]} to ${sorted.at(-1)}`;
}
