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
