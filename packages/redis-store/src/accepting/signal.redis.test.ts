import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  inboxOf,
  signalRequest,
  startRun,
} from "../testing/runs.js";
import { ScriptRunner } from "../script-runner.js";
import type { StoreContext } from "../store-context.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";
import { signal, signalKey, signalScript } from "./signal.js";

describe.each(SERVERS)("signal on $server", ({ connection }) => {
  const open = (options = {}) => openTestStore(connection(), randomNamespace("signal"), options);

  test("an accepted signal is counted and stands in the inbox behind the start", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const request = signalRequest(run, { signalId: "payment 9" });
    expect(await opened.store.signal(request)).toEqual({ outcome: "accepted", runId: run.runId });
    const [, entry] = await inboxOf(opened, await acquiredLease(opened));
    expect(entry).toMatchObject({ kind: "signal", name: "paid", reference: "payment 9", runId: run.runId });
    expect(Buffer.from(entry?.data ?? [])).toEqual(Buffer.from(request.payload));
    expect(await opened.store.describe(run.workflowId)).toMatchObject({ accepted: 2, processed: 0 });
  });

  test("a signal id is accepted once per name, and remembered after the run has closed", async () => {
    const opened = await open();
    const run = await startRun(opened);
    expect(await opened.store.signal(signalRequest(run, { signalId: "s1" }))).toMatchObject({
      outcome: "accepted",
    });
    const other = signalRequest(run, { signalId: "s1", name: "refunded" });
    expect(await opened.store.signal(other)).toMatchObject({ outcome: "accepted" });
    const open1 = await opened.snapshot();
    const duplicate = { outcome: "duplicate", runId: run.runId };
    expect(await opened.store.signal(signalRequest(run, { signalId: "s1" }))).toEqual(duplicate);
    expect(await opened.snapshot()).toEqual(open1);
    await closedRun(opened, await acquiredLease(opened), run);
    const closed = await opened.snapshot();
    expect(await opened.store.signal(signalRequest(run, { signalId: "s1" }))).toEqual(duplicate);
    expect(await opened.snapshot()).toEqual(closed);
  });

  test("a signal without an id that is sent again is accepted once", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const request = signalRequest(run);
    expect(await opened.store.signal(request)).toEqual({ outcome: "accepted", runId: run.runId });
    const before = await opened.snapshot();
    expect(await opened.store.signal(request)).toEqual({ outcome: "duplicate", runId: run.runId });
    expect(await opened.snapshot()).toEqual(before);
    expect(await opened.store.signal(signalRequest(run))).toMatchObject({ outcome: "accepted" });
  });

  test("forgotten operation ids are removed with later signals", async () => {
    const opened = await open();
    const { redis, partition } = opened;
    const run = await startRun(opened);
    const longAgo = Date.now() - 60_000;
    await redis.zadd(partition.operations, longAgo, "old 1", longAgo, "old 2", Date.now(), "young");
    const left = await waitFor(
      async () => {
        // One signal in about eight looks for them.
        await opened.store.signal(signalRequest(run));
        const members = await redis.zrange(partition.operations, 0, "-1");
        return members.some((member) => member.startsWith("old")) ? undefined : members;
      },
      { description: "the old operation ids are gone", intervalMs: 1 },
    );
    expect(left).toContain("young");
  });

  test("an unknown workflow takes no signal", async () => {
    const opened = await open();
    const before = await opened.snapshot();
    expect(await opened.store.signal(signalRequest({ workflowId: "nobody" }))).toEqual({
      outcome: "not-found",
    });
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a closed run takes no signal", async () => {
    const opened = await open();
    const run = await startRun(opened);
    await closedRun(opened, await acquiredLease(opened), run, { status: "cancelled" });
    const before = await opened.snapshot();
    for (const request of [signalRequest(run), signalRequest(run, { signalId: "late" })]) {
      const reply = await opened.store.signal(request);
      expect(reply).toEqual({ outcome: "closed", runId: run.runId, status: "cancelled" });
    }
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a full run and a full partition are told apart", async () => {
    const opened = await open({ limits: { runInboxCap: 2, partitionInboxCap: 3 } });
    const run = await startRun(opened);
    await opened.store.signal(signalRequest(run));
    const runFull = await opened.snapshot();
    const refused = await opened.store.signal(signalRequest(run, { signalId: "s3" }));
    expect(refused).toEqual({ outcome: "inbox-full", scope: "run", limit: 2 });
    expect(await opened.snapshot()).toEqual(runFull);
    await startRun(opened);
    const partitionFull = await opened.snapshot();
    const alsoRefused = await opened.store.signal(signalRequest(run, { signalId: "s3" }));
    expect(alsoRefused).toEqual({ outcome: "inbox-full", scope: "partition", limit: 3 });
    expect(await opened.snapshot()).toEqual(partitionFull);
  });

  test("a run takes signals again when its events are processed", async () => {
    const opened = await open({ limits: { runInboxCap: 1 } });
    const run = await startRun(opened);
    expect(await opened.store.signal(signalRequest(run))).toMatchObject({
      outcome: "inbox-full",
      scope: "run",
    });
    await committedTurn(opened, await acquiredLease(opened), run);
    expect(await opened.store.signal(signalRequest(run))).toMatchObject({ outcome: "accepted" });
  });

  test("a command that arrives after its time is refused, because its first copy may be forgotten", async () => {
    const opened = await open();
    const run = await startRun(opened);
    const { workflowId } = run;
    const keys = [
      ...[opened.partition.lease, opened.partition.inbox, opened.partition.operations],
      ...[opened.partition.header(workflowId), opened.partition.signalIds(workflowId)],
    ];
    const before = await opened.snapshot();
    const longAgo = Date.now() - 1_000;
    const args = [workflowId, "paid", "payload", "", "", freshId(), longAgo, 100, 100];
    const reply = await opened.redis.eval(signalScript.body, keys.length, ...keys, ...args);
    expect(reply).toEqual(["expired"]);
    expect(await opened.snapshot()).toEqual(before);
  });

  test("a process whose clock has fallen behind Redis is told once, and heard from then on", async () => {
    const opened = await open();
    const run = await startRun(opened);
    let behindMs = 60_000;
    const context: StoreContext = {
      client: opened.redis,
      ask: (question) => question(opened.redis),
      scripts: new ScriptRunner(opened.redis, 10_000),
      keys: opened.keys,
      limits: { runInboxCap: 10, partitionInboxCap: 10, searchCandidates: 10, scanWindow: 10 },
      redisNowMs: () => Date.now() - behindMs,
      synchroniseClock: async () => void (behindMs = 0),
    };
    const before = await opened.snapshot();
    await expect(signal(context, signalRequest(run))).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await opened.snapshot()).toEqual(before);
    expect(await signal(context, signalRequest(run))).toMatchObject({ outcome: "accepted" });
  });

  test("two pairs of name and id never share a field", () => {
    expect(signalKey("a:b", "c")).not.toBe(signalKey("a", "b:c"));
    expect(signalKey("1:a", "b")).not.toBe(signalKey("1", "a:b"));
    expect(signalKey("a", undefined)).toBe("");
  });
});
