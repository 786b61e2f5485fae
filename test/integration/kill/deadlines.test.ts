// The owner of a partition dies or stands still in the moment in which a deadline passes or a delayed run begins.
import { WorkflowTimedOutError } from "heddle";
import { expect, test } from "vitest";
import { storeCaller } from "../../support/errands.js";
import type { Fleet } from "../../support/fleet.js";
import { untilAtRest } from "../../support/invariants.js";
import { readNamespace } from "../../support/namespace-contents.js";
import { openFleet } from "./open-fleet.js";

const input = { notes: 1, workMs: 10 };

/** What Redis says of a run, and how often it was closed. */
async function endOf(fleet: Fleet, workflowId: string) {
  const { runs, indexed } = await readNamespace(fleet.redis, fleet.namespace);
  const run = runs.get(workflowId);
  if (run === undefined) throw new Error(`${workflowId} is gone`);
  const { header, records, storedRecords } = run;
  return {
    status: header["status"],
    indexed: indexed.get(workflowId),
    ends: records.filter(({ kind }) => kind === "timed-out").length,
    isLast: records.at(-1)?.kind === "timed-out",
    lengthIsRight: Number(header["historyLength"]) === storedRecords,
  };
}

test.for([
  { point: "coordinator.before-deadline", breakBy: "SIGKILL" },
  { point: "coordinator.timed-out", breakBy: "SIGKILL" },
  { point: "coordinator.before-deadline", breakBy: "SIGSTOP" },
  { point: "coordinator.timed-out", breakBy: "SIGSTOP" },
] as const)(
  "an owner that gets $breakBy at $point: the run is timed out once and nothing of it is left",
  async ({ point, breakBy }) => {
    const fleet = await openFleet({ env: { PARTITIONS: "1" } });
    const [breaks] = await Promise.all([
      fleet.start("coordinator", { breakAt: point, breakBy }),
      fleet.start("worker"),
    ]);
    // It waits for a note that never comes.
    const { workflowId } = await fleet.client.start("errand", input, { id: "late", runTimeout: "1s" });
    const result = fleet.client.result(workflowId);
    result.catch(() => undefined);
    await breaks.waitForLine(/^breaking/);
    await fleet.start("coordinator");
    await expect(result).rejects.toThrow(WorkflowTimedOutError);
    await untilAtRest(fleet.redis, fleet.namespace, 15_000);
    const end = { status: "timed-out", indexed: ["timed-out"], ends: 1, isLast: true, lengthIsRight: true };
    expect(await endOf(fleet, workflowId)).toEqual(end);
    if (breakBy === "SIGKILL") return;
    // It goes on where it stood, with a lease that is another's.
    breaks.resume();
    await fleet.client.start("errand", { ...input, notes: 0 }, { id: "afterwards" });
    await fleet.client.result("afterwards");
    await untilAtRest(fleet.redis, fleet.namespace, 15_000);
    expect(await endOf(fleet, workflowId)).toEqual(end);
  },
);

test.for(["coordinator.before-start", "coordinator.begun"])(
  "an owner killed at %s: the delayed run begins once, with all that came early",
  async (point) => {
    const fleet = await openFleet({ env: { PARTITIONS: "1" } });
    const [breaks] = await Promise.all([
      fleet.start("coordinator", { breakAt: point }),
      fleet.start("worker"),
    ]);
    const { workflowId, runId } = await fleet.client.start("errand", input, {
      ...{ id: "errand-0", startAfter: "500ms", runTimeout: "1h" },
    });
    fleet.journal.runAccepted(workflowId, runId);
    const sent = fleet.journal.signalSent({ client: "one", workflowId, payload: "early" });
    await storeCaller(fleet.client).signal(workflowId, sent.payload);
    sent.outcome = "accepted";
    expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
    await fleet.start("coordinator");
    expect(await fleet.client.result(workflowId)).toMatchObject({ notes: [sent.payload] });
    expect(await fleet.verdict()).toEqual([]);
    expect(await fleet.executedInVain()).toBe(0);
  },
);
