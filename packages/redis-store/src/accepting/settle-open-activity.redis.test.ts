import {
  ownDelayMs,
  retryDelayMs,
  type ActivityTicket,
  type OpenActivity,
  type SettleOpenActivityRequest,
} from "@heddle/core";
import {
  decodePayload,
  encodePayload,
  resolveActivityPolicy,
  type RedisConnectionOptions,
  type RetryOptions,
} from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import {
  backingOffActivity,
  claimedActivity,
  scheduledActivity,
  storedActivity,
} from "../testing/activities.js";
import { acquiredLease, closedRun, committedTurn, freshId, inboxOf, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

const failure = { name: "CardError", message: "declined" };
const completed = { outcome: "completed", result: encodePayload({ receipt: 5 }) } as const;
const MARK = Buffer.from([0xc1, 0, 7, 10]);
const failed = { outcome: "failed", failure, ownDelayMs: undefined } as const;
type Settlement = SettleOpenActivityRequest["settlement"];

async function open(connection: RedisConnectionOptions, retry: RetryOptions = {}) {
  const opened = await openTestStore(connection, randomNamespace("open-activity"));
  const run = await startRun(opened);
  const { workflowId } = run;
  const lease = await acquiredLease(opened);
  const ticket = await scheduledActivity(opened, lease, run, { policy: resolveActivityPolicy(retry) });
  await committedTurn(opened, lease, run, { references: [{ reference: "charge-1", seq: 1 }] });
  const byReference = { workflowId, reference: "charge-1" };
  const byToken = { workflowId, ticket };
  const settle = (activity: OpenActivity, settlement: Settlement, operationId = freshId()) =>
    opened.store.settleOpenActivity({ activity, settlement, operationId, mark: MARK });
  const unchanged = async (activity: OpenActivity, outcome: object) => {
    const before = await opened.snapshot();
    for (const settlement of [completed, failed]) expect(await settle(activity, settlement)).toEqual(outcome);
    expect(await opened.snapshot()).toEqual(before);
  };
  return { ...opened, opened, run, lease, ticket, byReference, byToken, settle, unchanged };
}

describe.each(SERVERS)("settle-open-activity on $server", ({ connection }) => {
  test.each(["byToken", "byReference"] as const)(
    "%s a result becomes an event of the run, once",
    async (how) => {
      const { opened, store, redis, partition, lease, ticket, settle, unchanged, ...by } =
        await open(connection());
      await claimedActivity(opened, ticket);
      await store.handOver(ticket);
      expect(await settle(by[how], completed)).toEqual({ outcome: "settled" });
      const [event, ...others] = await inboxOf(opened, lease);
      expect(others).toEqual([]);
      expect(event).toMatchObject({ kind: "activity-completed", reference: "1", extra: "1" });
      expect(decodePayload(event?.data ?? new Uint8Array())).toEqual({ receipt: 5 });
      expect(await redis.exists(partition.activity(ticket.runId, 1), partition.timers)).toBe(0);
      const before = { outcome: "settled-before", answer: "settled", mark: MARK };
      await unchanged(by.byToken, before);
      await unchanged(by.byReference, before);
      await unchanged(
        { workflowId: ticket.workflowId, ticket: { ...ticket, token: "other" } },
        { outcome: "already-settled" },
      );
      const late = { ticket, settlement: { outcome: "completed", result: encodePayload(9) } } as const;
      expect(await store.settle(late)).toEqual({ outcome: "stale" });
    },
  );

  test("the same operation gets the same answer again", async () => {
    const { opened, lease, ticket, byToken, byReference, settle } = await open(connection());
    await claimedActivity(opened, ticket);
    for (const [activity, settlement, outcome] of [
      [byToken, failed, "retrying"],
      [byReference, completed, "settled"],
    ] as const) {
      const operationId = freshId();
      expect(await settle(activity, settlement, operationId)).toEqual({ outcome });
      const before = await opened.snapshot();
      expect(await settle(activity, settlement, operationId)).toEqual({ outcome });
      expect(await opened.snapshot()).toEqual(before);
    }
    expect(await inboxOf(opened, lease)).toHaveLength(1);
  });

  test("by reference the current attempt is meant: waiting, running or backing off", async () => {
    for (const prepare of [
      () => Promise.resolve(),
      async (opened: Awaited<ReturnType<typeof open>>) => claimedActivity(opened, opened.ticket),
      async (opened: Awaited<ReturnType<typeof open>>) => backingOffActivity(opened, opened.ticket, 60_000),
    ]) {
      const opened = await open(connection());
      await prepare(opened);
      expect(await opened.settle(opened.byReference, completed)).toEqual({ outcome: "settled" });
      expect(await inboxOf(opened, opened.lease)).toMatchObject([{ kind: "activity-completed" }]);
    }
  });

  test("a failure is tried again by the policy, and its token is of no use afterwards", async () => {
    const { opened, lease, ticket, byToken, byReference, settle, unchanged } = await open(connection(), {
      maxAttempts: 2,
      initialBackoff: 60_000,
      nonRetryable: ["BadCardError"],
    });
    const { claimedAtMs } = await claimedActivity(opened, ticket);
    expect(await settle(byToken, failed)).toEqual({ outcome: "retrying" });
    const stored = await storedActivity(opened, lease, ticket);
    expect(stored).toMatchObject({ state: "backing-off", ticket: { attempt: 1, token: "" } });
    expect(stored?.retryAtMs).toBeGreaterThanOrEqual(claimedAtMs + 60_000);
    await unchanged(byToken, { outcome: "settled-before", answer: "retrying", mark: MARK });
    const final = { ...failed, failure: { ...failure, name: "BadCardError" } };
    expect(await settle(byReference, final)).toEqual({ outcome: "settled" });
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "activity-failed" }]);
  });

  test("the last attempt's failure is the run's", async () => {
    const { opened, lease, byReference, settle } = await open(connection(), { maxAttempts: 1 });
    expect(await settle(byReference, failed)).toEqual({ outcome: "settled" });
    const [event] = await inboxOf(opened, lease);
    expect(event?.kind).toBe("activity-failed");
    expect(decodePayload(event?.data ?? new Uint8Array())).toEqual(failure);
  });

  test("of many who settle one attempt one is heard", async () => {
    const { opened, lease, byToken, byReference, settle } = await open(connection());
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) => settle(index % 2 === 0 ? byToken : byReference, completed)),
    );
    expect(replies.filter(({ outcome }) => outcome === "settled")).toHaveLength(1);
    expect(await inboxOf(opened, lease)).toHaveLength(1);
  });

  test("how an activity was settled is known while the workflow is, of the last thousand", async () => {
    const { opened, store, run, lease, byToken, settle, unchanged, redis, partition } =
      await open(connection());
    const { workflowId, runId } = run;
    expect(await settle(byToken, completed)).toEqual({ outcome: "settled" });
    const before = { outcome: "settled-before", answer: "settled", mark: MARK };
    await store.terminate({ workflowId, operationId: freshId() });
    await unchanged(byToken, before);
    const settlements = async () =>
      Object.keys(await redis.hgetall(partition.signalIds(workflowId))).filter((field) =>
        field.startsWith("e:"),
      );
    expect(await settlements()).toEqual([`e:1:${runId}`]);

    const other = await startRun(opened);
    const fields = Array.from({ length: 1_000 }, (_, index) => [`settlements:${index}`, `${index}:earlier`]);
    const key = partition.signalIds(other.workflowId);
    await redis.hset(key, ...fields.flat(), "settlements", "1000", "e:1:earlier", "x");
    const next = await scheduledActivity(opened, lease, other);
    expect(await settle({ workflowId: other.workflowId, ticket: next }, completed)).toEqual({
      outcome: "settled",
    });
    expect(await redis.hmget(key, "e:1:earlier", "settlements:1")).toEqual([null, `1:${other.runId}`]);
  });

  test("a suspended run keeps what is settled", async () => {
    const { opened, store, run, lease, byToken, settle } = await open(connection());
    await store.suspend(run);
    expect(await settle(byToken, completed)).toEqual({ outcome: "settled" });
    expect((await inboxOf(opened, lease)).map(({ kind }) => kind)).toContain("activity-completed");
  });

  test("another token, an unknown reference, workflow or run, and a closed run are told apart; nothing is written", async () => {
    const { opened, store, run, ticket, byToken, byReference, unchanged } = await open(connection());
    const { workflowId, runId } = run;
    const withTicket = (change: Partial<ActivityTicket>) => ({
      workflowId,
      ticket: { ...ticket, ...change },
    });
    await unchanged(withTicket({ token: "guessed" }), { outcome: "already-settled" });
    await unchanged(withTicket({ seq: 7 }), { outcome: "already-settled" });
    await unchanged(withTicket({ runId: "earlier" }), { outcome: "not-found", runId });
    await unchanged({ workflowId, reference: "charge-2" }, { outcome: "not-found", runId });
    await unchanged({ workflowId: "nobody", reference: "charge-1" }, { outcome: "workflow-not-found" });
    await unchanged({ ...byToken, workflowId: "nobody" }, { outcome: "workflow-not-found" });
    await store.terminate({ workflowId, operationId: freshId() });
    await unchanged(byToken, { outcome: "closed", runId, status: "terminated" });
    await unchanged(byReference, { outcome: "closed", runId, status: "terminated" });
    const successor = await startRun(opened, { workflowId });
    await unchanged(byToken, { outcome: "not-found", runId: successor.runId });
    await unchanged(byReference, { outcome: "not-found", runId: successor.runId });
  });

  test("the code may give the reference of an ended activity to another one", async () => {
    const { opened, run, lease, byReference, settle } = await open(connection());
    await settle(byReference, completed);
    const second = await scheduledActivity(opened, lease, run, { seq: 2 });
    await committedTurn(opened, lease, run, { references: [{ reference: "charge-1", seq: 2 }] });
    expect(await settle(byReference, completed)).toEqual({ outcome: "settled" });
    expect(await storedActivity(opened, lease, second)).toBeUndefined();
  });

  test("a turn that is refused writes no reference, and the turn behind it finds its own keys", async () => {
    const { opened, store, run, lease, redis, partition } = await open(connection());
    const other = await startRun(opened);
    const { workflowId, runId } = run;
    const turn = await committedTurn(opened, lease, other);
    const references = [{ reference: "late", seq: 1 }];
    const header = await store.describe(workflowId);
    const next = { ...turn, ...run, entryIds: [], records: [], processedDelta: 0, references };
    const historyLengthBefore = header?.historyLength ?? 0;
    const reply = await store.commitTurns(
      lease,
      [
        { ...turn, references },
        { ...next, statusBefore: "running", statusAfter: "running", historyLengthBefore },
      ],
      { after: "0", limit: 1 },
    );
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }, { outcome: "committed" }] });
    expect(await redis.hget(partition.signalIds(workflowId), "a:late")).toBe(`1:${runId}`);
    expect(await redis.exists(partition.signalIds(other.workflowId))).toBe(0);
  });

  test("a commit may take a reference away; the purge removes all", async () => {
    const { opened, store, run, lease, redis, partition, byReference, settle, unchanged } =
      await open(connection());
    await committedTurn(opened, lease, run, { references: [{ reference: "charge-1", seq: undefined }] });
    await unchanged(byReference, { outcome: "not-found", runId: run.runId });
    await committedTurn(opened, lease, run, { references: [{ reference: "charge-1", seq: 1 }] });
    await settle(byReference, completed);
    await closedRun(opened, lease, run, { retentionMs: 0 });
    await store.purge(lease, [{ kind: "purge", seq: 0, ...run }]);
    expect(await redis.exists(partition.signalIds(run.workflowId))).toBe(0);
  });
});

test("a retry waits as the retry policy of the workers says", async () => {
  const connection = { url: inject("redisUrl") };
  const opened = await openTestStore(connection, randomNamespace("retry-delay"));
  const lease = await acquiredLease(opened);
  const arbitraryPolicy = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 3 }),
    initialBackoff: fc.integer({ min: 0, max: 30_000 }),
    backoffMultiplier: fc.double({ min: 1, max: 1e9, noNaN: true }),
    maxBackoff: fc.integer({ min: 30_000, max: 90_000 }),
    jitter: fc.constant("none" as const),
    nonRetryable: fc.subarray(["CardError", "Ünicode"]),
  });
  const arbitraryFailure = fc.record({
    name: fc.constantFrom("CardError", "Ünicode", "Other"),
    details: fc.constantFrom(undefined, { nextDelayMs: 1.5 }, { nextDelayMs: 70_000 }, { nextDelayMs: -1 }),
  });
  await fc.assert(
    fc.asyncProperty(arbitraryPolicy, arbitraryFailure, async (retry, { name, details }) => {
      const policy = resolveActivityPolicy(retry);
      const reported = { name, message: "no", ...(details === undefined ? {} : { details }) };
      const run = await startRun(opened);
      const ticket = await scheduledActivity(opened, lease, run, { policy });
      const expected = retryDelayMs({ policy, attempt: 1, failure: reported, random: 0 });
      const before = await redisMs();
      const reply = await opened.store.settleOpenActivity({
        activity: { workflowId: run.workflowId, ticket },
        operationId: freshId(),
        mark: MARK,
        settlement: { outcome: "failed", failure: reported, ownDelayMs: ownDelayMs(details) },
      });
      const after = await redisMs();
      expect(reply).toEqual({ outcome: expected === undefined ? "settled" : "retrying" });
      if (expected === undefined) return;
      const { retryAtMs = 0 } = (await storedActivity(opened, lease, ticket)) ?? {};
      expect(retryAtMs).toBeGreaterThanOrEqual(before + expected);
      expect(retryAtMs).toBeLessThanOrEqual(after + expected);
    }),
    { numRuns: 60 },
  );

  async function redisMs(): Promise<number> {
    const [seconds, micros] = await opened.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }
});

test("full jitter shortens the wait, and never to a negative one", async () => {
  const { opened, lease, ticket, byToken, settle } = await open(
    { url: inject("redisUrl") },
    { initialBackoff: 60_000, maxBackoff: 60_000, jitter: "full" },
  );
  const { claimedAtMs } = await claimedActivity(opened, ticket);
  await settle(byToken, failed);
  const { retryAtMs = 0 } = (await storedActivity(opened, lease, ticket)) ?? {};
  expect(retryAtMs).toBeGreaterThanOrEqual(claimedAtMs);
  expect(retryAtMs).toBeLessThanOrEqual(claimedAtMs + 61_000);
});
