import { encodePayload } from "@heddle/protocol";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  FIRST_PAGE,
  freshId,
  signalRequest,
  startRequest,
  startRun,
  turnOf,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const report = { valueId: "offloaded(run-1/1/1000)", payload: encodePayload("r".repeat(100_000)) };
const empty = { valueId: "offloaded(run-1/2/1)", payload: encodePayload(undefined) };

const idsOf = ({ redis, partition }: TestStore, { workflowId }: TestRun): Promise<string[]> =>
  redis.hkeys(partition.offloaded(workflowId));

describe.each(SERVERS)("offloaded values on $server", ({ connection }) => {
  const open = () => openTestStore(connection(), randomNamespace("offload"));

  test("are stored by the commit that has their records, byte by byte, and not in the history", async () => {
    const opened = await open();
    const [run, other] = [await startRun(opened), await startRun(opened)];
    const lease = await acquiredLease(opened);
    const turns = [
      await turnOf(opened, lease, run, { offloaded: [report, empty] }),
      await turnOf(opened, lease, other, { timers: [{ seq: 1, durationMs: 1_000 }] }),
    ];
    const reply = await opened.store.commitTurns(lease, turns, FIRST_PAGE);
    expect(reply).toMatchObject({ turns: [{ outcome: "committed" }, { outcome: "committed" }] });
    const { workflowId } = run;
    for (const { valueId, payload } of [report, empty]) {
      expect(await opened.store.readOffloaded(lease, { workflowId, valueId })).toEqual(Buffer.from(payload));
    }
    expect(await opened.store.history(workflowId)).toHaveLength(1);
    expect(await opened.store.history(other.workflowId)).toHaveLength(1);
    expect(await opened.redis.exists(opened.partition.offloaded(other.workflowId))).toBe(0);
    const elsewhere = { workflowId: other.workflowId, valueId: report.valueId };
    expect(await opened.store.readOffloaded(lease, elsewhere)).toBeUndefined();
  });

  test("of a turn that is refused are not stored, and the turns behind it find their keys", async () => {
    const opened = await open();
    const [run, other] = [await startRun(opened), await startRun(opened)];
    const lease = await acquiredLease(opened);
    const stale = await turnOf(opened, lease, run, { offloaded: [report], historyLengthBefore: 7 });
    const behind = await turnOf(opened, lease, other, { offloaded: [empty] });
    const reply = await opened.store.commitTurns(lease, [stale, behind], FIRST_PAGE);
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }, { outcome: "committed" }] });
    expect(await idsOf(opened, run)).toEqual([]);
    expect(await idsOf(opened, other)).toEqual([empty.valueId]);
  });

  test("are not written a second time when the commit is sent again", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await committedTurn(opened, lease, run, { offloaded: [report] });
    const before = await opened.snapshot();
    const other = { ...turn, offloaded: [{ ...report, payload: encodePayload("other") }] };
    expect(await opened.store.commitTurns(lease, [other], FIRST_PAGE)).toMatchObject({
      turns: [{ outcome: "changed" }],
    });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("go with a run that continues as new when it needs them, and are removed when it does not", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, { offloaded: [report] });
    await opened.store.signal(signalRequest(run));
    const fresh = { ...empty, valueId: "offloaded(run-1/3/1)" };
    const turn = await turnOf(opened, lease, run, {
      statusAfter: "pending",
      records: [],
      offloaded: [empty, fresh],
      continuation: {
        ...{ runId: "run-2", input: encodePayload(1), events: [] },
        offloaded: [fresh.valueId, report.valueId, "offloaded(never/1/1)"],
      },
    });
    const reply = await opened.store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(reply).toMatchObject({ turns: [{ outcome: "committed" }] });
    expect((await idsOf(opened, run)).sort()).toEqual([report.valueId, fresh.valueId].sort());
  });

  test("are purged with their run", async () => {
    const opened = await open();
    const { store } = opened;
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    await committedTurn(opened, lease, run, { offloaded: [report] });
    await closedRun(opened, lease, run, { retentionMs: 1 });
    const purge = { kind: "purge", seq: 0, runId: run.runId, workflowId: run.workflowId } as const;
    await waitFor(
      async () => {
        await store.purge(lease, [purge]);
        return (await store.describe(run.workflowId)) === undefined;
      },
      { description: "the run is purged" },
    );
    expect(await opened.redis.exists(opened.partition.offloaded(run.workflowId))).toBe(0);
  });

  test.each(["closed", "open"] as const)(
    "of a run that is replaced while it is %s are gone",
    async (state) => {
      const opened = await open();
      const run = await startRun(opened);
      const lease = await acquiredLease(opened);
      await committedTurn(opened, lease, run, { offloaded: [report] });
      if (state === "closed") await closedRun(opened, lease, run);
      const { workflowId, type } = run;
      const reply = await opened.store.start(
        startRequest({ workflowId, type, runId: freshId("run"), onOpen: "terminate-existing" }),
      );
      expect(reply).toMatchObject({ outcome: "started" });
      expect(await idsOf(opened, run)).toEqual([]);
    },
  );
});
