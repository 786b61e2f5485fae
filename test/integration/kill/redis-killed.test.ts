import { startTestRedis, waitFor } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { runErrands, storeCaller } from "../../support/errands.js";
import { openFleet } from "./open-fleet.js";

test("Redis is killed three times under load: what was accepted survives, and everybody goes on unaided", async () => {
  const server = await startTestRedis({ appendFsync: "always" });
  onTestFinished(() => server.stop());
  const fleet = await openFleet({ url: server.url });
  await Promise.all([fleet.start("coordinator"), fleet.start("coordinator"), fleet.start("worker")]);
  const load = runErrands(storeCaller(fleet.client), fleet.journal, {
    count: 20,
    input: { notes: 30, workMs: 30 },
  });
  for (let kills = 0; kills < 3; kills++) {
    const before = accepted();
    await waitFor(() => accepted() >= before + 100, { description: "more was accepted" });
    await server.kill();
    await server.restart();
  }
  await load;
  // What ran while Redis was away could not say that it lives, so it may have been given to another attempt.
  expect(await fleet.verdict({ anyMayRepeat: true })).toEqual([]);

  function accepted(): number {
    return fleet.journal.signals.filter(({ outcome }) => outcome === "accepted").length;
  }
});

test("a ticket that reached its queue while its outbox could not be reached leaves the outbox later", async () => {
  const server = await startTestRedis({ appendFsync: "always" });
  onTestFinished(() => server.stop());
  // One partition whose lease outlives the outage: no change of owner comes to the rescue.
  const fleet = await openFleet({ url: server.url, env: { PARTITIONS: "1", LEASE_TTL_MS: "20000" } });
  const [owner] = await Promise.all([
    fleet.start("coordinator", { breakAt: "coordinator.enqueued", breakBy: "SIGSTOP" }),
    fleet.start("worker"),
  ]);
  await runErrands(storeCaller(fleet.client), fleet.journal, { count: 1, input: { notes: 0, workMs: 10 } });
  await owner.waitForLine(/^breaking/);
  await server.kill();
  owner.resume();
  await owner.waitForLine(/stay in the outbox/);
  await server.restart();
  expect(await fleet.verdict({ anyMayRepeat: true })).toEqual([]);
});
