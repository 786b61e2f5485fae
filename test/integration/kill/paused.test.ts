// A process is halted for longer than others wait for it, and then goes on as if nothing had happened.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { monotonicMs } from "../../processes/effects-ledger.js";
import { runErrands, storeCaller } from "../../support/errands.js";
import { shareSizes } from "../../support/leases.js";
import { openFleet } from "./open-fleet.js";

const load = { count: 6, input: { notes: 2, workMs: 30 } };

test("none of the commits of an owner that was paused past its lease lands, and it takes its share again", async () => {
  const fleet = await openFleet();
  await fleet.start("worker");
  const paused = await fleet.start("coordinator", {
    breakAt: "coordinator.before-commit",
    breakOn: 3,
    breakBy: "SIGSTOP",
  });
  await runErrands(storeCaller(fleet.client), fleet.journal, load);
  await paused.waitForLine(/^breaking/);
  const pausedAtMs = monotonicMs();
  await fleet.start("coordinator");
  expect(await fleet.verdict()).toEqual([]);

  const before = fleet.commits();
  paused.resume();
  // What another partition had sent before the pause has landed in its time; only its answer was read late.
  const since = () =>
    fleet
      .commits()
      .slice(before.length)
      .filter(({ begunAtMs }) => begunAtMs > pausedAtMs);
  await waitFor(() => since().length > 0, { description: "the paused owner heard of its commit" });
  await waitFor(async () => (await shareSizes(fleet)).join() === "2,2", {
    description: "both have their share",
  });
  expect(await fleet.verdict()).toEqual([]);

  await runErrands(storeCaller(fleet.client), fleet.journal, { ...load, prefix: "later" });
  expect(await fleet.verdict()).toEqual([]);
  // Under the first leases, which it lost, everything was refused; under new ones it is an owner like any other.
  const [late, later] = [true, false].map((isFirst) =>
    since().filter(({ epoch }) => (epoch === 1) === isFirst),
  );
  expect(late?.length).toBeGreaterThan(0);
  expect(late?.filter(({ outcome }) => outcome !== "lease-lost")).toEqual([]);
  expect(later?.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  expect(new Set(later?.map(({ pid }) => pid)).size).toBe(2);
});

test("the late result of a worker that was paused past its liveness is refused", async () => {
  const fleet = await openFleet();
  const [paused] = await Promise.all([
    fleet.start("worker", { breakAt: "worker.executed", breakBy: "SIGSTOP" }),
    fleet.start("coordinator"),
  ]);
  await runErrands(storeCaller(fleet.client), fleet.journal, { count: 1, input: { notes: 1, workMs: 30 } });
  await paused.waitForLine(/^breaking/);
  await fleet.start("worker");
  await waitFor(async () => (await fleet.client.describe("errand-0")).status === "completed", {
    description: "another worker has done it",
  });
  paused.resume();
  await paused.waitForLine(/"outcome":"stale"|"attempt stale"/);
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(1);
});
