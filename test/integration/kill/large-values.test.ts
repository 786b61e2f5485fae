// Values outside of the history while their owner is killed: each is there when the history says so, and as it was.
import { expect, test } from "vitest";
import type { ArchiveInput } from "../../processes/archive.js";
import { openFleet } from "./open-fleet.js";

test.for(["coordinator.before-commit", "coordinator.committed"])(
  "an owner killed at %s while a chain of runs offloads and loads",
  { timeout: 60_000 },
  async (breakAt) => {
    const fleet = await openFleet();
    const breaks = await fleet.start("coordinator", { breakAt, breakOn: 12 });
    const wanted = 30;
    const texts = Array.from({ length: wanted }, (_, number) => `${number} `.repeat(5_000));
    const input: ArchiveInput = { wanted, perRun: 7, soFar: [] };
    const { runId } = await fleet.client.start("archive", input, { id: "archive" });
    const result = fleet.client.result("archive", { runId });
    for (const [number, text] of texts.entries()) {
      await fleet.client.signal("archive", "told", text, { signalId: `t${number}` });
    }
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    expect(await result).toEqual(texts);
    const [key = ""] = await fleet.redis.keys(`{heddle:${fleet.namespace}:*}:o:archive`);
    expect(await fleet.redis.hlen(key)).toBe(wanted);
  },
);
