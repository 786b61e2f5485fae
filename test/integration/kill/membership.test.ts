// Who owns what while coordinators come and go.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { runErrands, storeCaller } from "../../support/errands.js";
import { shareSizes } from "../../support/leases.js";
import { openFleet } from "./open-fleet.js";

const LEASE_TTL_MS = 3_000;

test("coordinators share partitions fairly, and what one leaves behind on SIGTERM is owned again at once", async () => {
  const fleet = await openFleet({ env: { PARTITIONS: "12", LEASE_TTL_MS: String(LEASE_TTL_MS) } });
  await fleet.start("worker");
  const shared = async (sizes: string) =>
    waitFor(async () => (await shareSizes(fleet)).join() === sizes, { description: `shares are ${sizes}` });

  const [first] = await Promise.all([fleet.start("coordinator"), fleet.start("coordinator")]);
  await shared("6,6");
  await fleet.start("coordinator");
  await shared("4,4,4");
  const load = { count: 12, input: { notes: 1, workMs: 200 } };
  await runErrands(storeCaller(fleet.client), fleet.journal, load);
  expect(await fleet.stop(first)).toMatchObject({ code: 0 });
  const leftAtMs = performance.now();
  await shared("6,6");
  const ownedAfterMs = performance.now() - leftAtMs;
  console.log(`SIGTERM: everything owned again ${Math.round(ownedAfterMs)} ms after the exit`);
  expect(ownedAfterMs).toBeLessThan(LEASE_TTL_MS / 2);
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(0);
});
