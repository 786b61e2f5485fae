import { encodeHistoryRecord } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { acquiredLease, closedRun, committedTurn, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("the ends of a run on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("ends"));

  test("an unknown workflow has none, and nothing is written", async () => {
    const opened = await open();
    const before = await opened.snapshot();
    expect(await opened.store.readRunEnds("nobody")).toBeUndefined();
    expect(await opened.snapshot()).toEqual(before);
  });

  test("header, first and last record and attributes, whatever is between", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const run = await startRun(opened, { search: { attributes: { phase: "new" } } });
    expect(await opened.store.readRunEnds(run.workflowId)).toMatchObject({
      header: { ...run, status: "pending", attributes: { phase: "new" } },
      ...{ first: undefined, last: undefined },
    });
    const records = ["a", "b", "c"].map((name, index) =>
      encodeHistoryRecord({ kind: "signal-awaited", seq: index + 1, name }),
    );
    await committedTurn(opened, lease, run, { records: records.slice(0, 1) });
    const [first, , last] = records.map((record) => Buffer.from(record));
    expect(await opened.store.readRunEnds(run.workflowId)).toMatchObject({ first, last: first });
    await committedTurn(opened, lease, run, {
      ...{ historyLengthBefore: 1, processedDelta: 0, entryIds: [] },
      records: records.slice(1),
      statusBefore: "running",
    });
    expect(await opened.store.readRunEnds(run.workflowId)).toMatchObject({
      header: { status: "running", historyLength: 3, attributes: { phase: "new" } },
      ...{ first, last },
    });
  });

  test("the last record of a closed run is the one that closed it", async () => {
    const opened = await open();
    const lease = await acquiredLease(opened);
    const [ended, terminated] = [await startRun(opened), await startRun(opened)];
    await closedRun(opened, lease, ended);
    await opened.store.terminate({ workflowId: terminated.workflowId, operationId: "o" });
    for (const { workflowId } of [ended, terminated]) {
      const ends = await opened.store.readRunEnds(workflowId);
      const closed = await opened.store.awaitClosed({ workflowId });
      expect(closed).toMatchObject({ record: ends?.last });
      expect(ends?.header).not.toHaveProperty("attributes");
    }
  });
});
