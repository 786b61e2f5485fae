import { isDeepStrictEqual } from "node:util";
import { encodePayload, HeddleError } from "@heddle/protocol";
import { randomNamespace, startTcpProxy, waitFor, type TcpProxy } from "@heddle/testkit";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { createRedisStore, type RedisStore } from "./redis-store.js";
import { definedScripts } from "./script.js";
import { claimedActivity, scheduledActivity } from "./testing/activities.js";
import {
  acquiredLease,
  committedTurn,
  FIRST_PAGE,
  freshId,
  inboxOf,
  signalRequest,
  startRequest,
  startRun,
  turnOf,
} from "./testing/runs.js";
import { scheduleSpec } from "./testing/schedules.js";
import { openTestStore, type TestStore } from "./testing/test-store.js";

let proxy: TcpProxy;
let opened: TestStore;
/** The same namespace behind a line that can be cut. */
let behindProxy: RedisStore;

async function connectBehindProxy(callTimeoutMs = 10_000): Promise<void> {
  const connection = { url: `redis://127.0.0.1:${proxy.port}` };
  behindProxy = await createRedisStore({ connection, namespace: opened.namespace, callTimeoutMs });
}
beforeEach(async () => {
  opened = await openTestStore({ url: inject("redisUrl") }, randomNamespace("lost"));
  proxy = await startTcpProxy({ targetPort: Number(new URL(inject("redisUrl")).port) });
});
afterEach(async () => {
  await behindProxy.close();
  await proxy.stop();
});

/** Sends the call, throws its reply away once it is applied, and lets it be sent again. */
async function sentTwice<Reply>(
  call: () => Promise<Reply>,
  observe: () => Promise<unknown> = opened.snapshot,
): Promise<Reply> {
  const before = await observe();
  const droppedBefore = proxy.droppedReplyBytes;
  proxy.dropReplies(true);
  const reply = call();
  const isApplied = async (): Promise<boolean> =>
    proxy.droppedReplyBytes > droppedBefore && !isDeepStrictEqual(await observe(), before);
  await waitFor(isApplied, { description: "the call is applied and its reply is lost" });
  const appliedOnce = await observe();
  proxy.dropReplies(false);
  await reply;
  expect(await observe()).toEqual(appliedOnce);
  return reply;
}

describe("a call whose reply was lost is sent again and applied once:", () => {
  beforeEach(async () => {
    await connectBehindProxy();
    // A server that does not know the script would lose the wrong reply.
    for (const { body } of definedScripts) await opened.redis.script("LOAD", body);
  });

  test("start", async () => {
    const request = startRequest();
    const reply = await sentTwice(() => behindProxy.start(request));
    expect(reply).toEqual({ outcome: "started", runId: request.runId });
  });

  test("a delayed start with deadlines", async () => {
    const times = { startAfterMs: 60_000, executionTimeoutMs: 60_000, runTimeoutMs: 50_000 };
    const request = startRequest({ times });
    const reply = await sentTwice(() => behindProxy.start(request));
    expect(reply).toEqual({ outcome: "started", runId: request.runId });
  });

  test("begin-delayed-runs", async () => {
    const { workflowId, runId } = await startRun(opened, { times: { startAfterMs: 60_000 } });
    await opened.redis.zadd(opened.partition.timers, 1, `start:0:${runId}:${workflowId}`);
    const lease = await acquiredLease(opened);
    const timer = { kind: "start", seq: 0, runId, workflowId } as const;
    expect(await sentTwice(() => behindProxy.beginDelayedRuns(lease, [timer]))).toEqual({ outcome: "done" });
  });

  test("signal without an id", async () => {
    const run = await startRun(opened);
    const reply = await sentTwice(() => behindProxy.signal(signalRequest(run)));
    expect(reply).toEqual({ outcome: "duplicate", runId: run.runId });
  });

  test("signal of another run, and the end of its way", async () => {
    const [run, sender] = [await startRun(opened), await startRun(opened)];
    const lease = await acquiredLease(opened);
    const delivery = {
      kind: "signal",
      senderRunId: sender.runId,
      seq: 1,
      notAfterMs: 9_999_999_999_999,
    } as const;
    const request = { ...signalRequest(run), operationId: "", delivery };
    const reply = await sentTwice(() => behindProxy.signal(request));
    expect(reply).toEqual({ outcome: "accepted", runId: run.runId });
    const { runId } = run;
    const target = { workflowId: run.workflowId };
    await committedTurn(opened, lease, sender, {
      outgoing: {
        messages: [{ kind: "signal", seq: 1, target, runId }],
        newChildren: [],
        dropsChildren: false,
      },
    });
    const page = await opened.store.readMessages(lease, FIRST_PAGE);
    const message = page.outcome === "ok" ? page.messages[0] : undefined;
    if (message === undefined) throw new Error("there is no message");
    const receipt = { answer: encodePayload("accepted"), endsChild: false };
    await sentTwice(() => behindProxy.messageDone(lease, message, receipt));
    expect(await opened.store.describe(sender.workflowId)).toMatchObject({ accepted: 2 });
  });

  test.each(["completed", "failed"] as const)("an activity %s from outside", async (outcome) => {
    const run = await startRun(opened);
    const ticket = await scheduledActivity(opened, await acquiredLease(opened), run);
    const settlement =
      outcome === "completed"
        ? { outcome, result: encodePayload(1) }
        : { outcome, failure: { name: "Error", message: "declined" }, ownDelayMs: undefined };
    const activity = { workflowId: run.workflowId, ticket };
    const request = { activity, operationId: freshId(), settlement, mark: Buffer.from([1]) };
    const reply = await sentTwice(() => behindProxy.settleOpenActivity(request));
    expect(reply).toEqual({ outcome: outcome === "completed" ? "settled" : "retrying" });
  });

  test("hand-over-activity", async () => {
    const run = await startRun(opened);
    const ticket = await scheduledActivity(opened, await acquiredLease(opened), run);
    await claimedActivity(opened, ticket);
    expect(await sentTwice(() => behindProxy.handOver(ticket))).toEqual({ outcome: "handed-over" });
  });

  test("start-or-signal", async () => {
    const { runId, type, input } = startRequest();
    const { workflowId, ...signal } = signalRequest({ workflowId: "cart" });
    const request = { workflowId, runId, type, input, signal, onTerminalConflict: "reject" } as const;
    expect(await sentTwice(() => behindProxy.startOrSignal(request))).toEqual({ outcome: "started", runId });
  });

  test("create-schedule, request-of-schedule and delete-schedule", async () => {
    const [scheduleId, operationId] = ["nightly", freshId("operation")];
    const schedule = { scheduleId, incarnation: freshId("incarnation"), spec: scheduleSpec(), paused: true };
    expect(await sentTwice(() => behindProxy.createSchedule(schedule))).toEqual({ outcome: "created" });
    const asked = { scheduleId, operationId, request: { kind: "trigger" } } as const;
    const reply = await sentTwice(() => behindProxy.requestOfSchedule(asked));
    const stored = await opened.store.readSchedule(scheduleId);
    expect(stored?.requests).toHaveLength(1);
    expect(reply).toEqual({ outcome: "accepted", atMs: stored?.requests[0]?.atMs });
    const removed = { scheduleId, operationId: freshId("operation") };
    expect(await sentTwice(() => behindProxy.deleteSchedule(removed))).toEqual({ outcome: "deleted" });
  });

  test("set-attributes, and a start with attributes", async () => {
    const request = startRequest({ search: { attributes: { total: 1 }, memo: encodePayload("m") } });
    expect(await sentTwice(() => behindProxy.start(request))).toMatchObject({ outcome: "started" });
    const { workflowId } = request;
    const change = { workflowId, operationId: freshId(), attributes: { total: 2 } };
    expect(await sentTwice(() => behindProxy.setAttributes(change))).toMatchObject({ outcome: "applied" });
  });

  test("start-with-update", async () => {
    const { onOpen: _none, ...start } = startRequest();
    const update = { name: "rename", input: encodePayload(1), updateId: "u1" };
    const request = { ...start, onOpen: "fail", update } as const;
    const reply = await sentTwice(() => behindProxy.startWithUpdate(request, { until: "admitted" }));
    expect(reply).toMatchObject({ outcome: "started", update: { outcome: "admitted", runId: start.runId } });
  });

  test("the commit of a run that continues as new with an update", async () => {
    const run = await startRun(opened);
    const update = { kind: "update", name: "rename", input: encodePayload(1), updateId: "u1" } as const;
    await opened.store.update({ ...update, workflowId: run.workflowId }, { until: "admitted" });
    const lease = await acquiredLease(opened);
    const continuation = { runId: "run-2", input: encodePayload(2), events: [update] };
    const turn = await turnOf(opened, lease, run, { statusAfter: "pending", records: [], continuation });
    const reply = await sentTwice(() => behindProxy.commitTurns(lease, [turn], FIRST_PAGE));
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }] });
    expect(await inboxOf(opened, lease)).toMatchObject([{ kind: "started" }, { kind: "update" }]);
  });

  test("cancel", async () => {
    const run = await startRun(opened);
    const reply = await sentTwice(() => behindProxy.requestCancel(run));
    expect(reply).toMatchObject({ outcome: "unchanged" });
  });

  test("reset-run", async () => {
    const run = await startRun(opened);
    await committedTurn(opened, await acquiredLease(opened), run);
    const seen = (await opened.store.readRun(run.workflowId))?.header;
    if (seen === undefined) throw new Error("there is no run");
    const kept = { timers: [], updates: [], isCancelRequested: false };
    const request = {
      newRunId: "run-2",
      reason: undefined,
      reapply: "none",
      keep: 1,
      unprocessed: 0,
    } as const;
    const { workflowId } = run;
    const reply = await sentTwice(() => behindProxy.resetRun({ workflowId, ...request, seen, kept }));
    expect(reply).toEqual({ outcome: "reset", runId: "run-2" });
  });

  test("acquire-lease", async () => {
    const request = { partition: 0, coordinatorId: "c1", ttlMs: 60_000 };
    // The expiry counts from the second copy; nonce and epoch must not change.
    const owner = () => opened.redis.hmget(opened.partition.lease, "nonce", "epoch", "owner");
    const reply = await sentTwice(() => behindProxy.acquireLease(request), owner);
    const [nonce] = await owner();
    expect(reply).toEqual({ outcome: "acquired", lease: { partition: 0, nonce, epoch: 1 } });
  });

  test("commit-turns, which then says that the run has moved on", async () => {
    const run = await startRun(opened);
    const lease = await acquiredLease(opened);
    const turn = await turnOf(opened, lease, run, { timers: [{ seq: 1, durationMs: 60_000 }] });
    const reply = await sentTwice(() => behindProxy.commitTurns(lease, [turn], FIRST_PAGE));
    expect(reply).toMatchObject({ turns: [{ outcome: "changed" }] });
    expect(await opened.store.entriesPresent(lease, turn.entryIds)).toEqual([]);
  });

  test("settle-activity, which then says that the attempt is over", async () => {
    const run = await startRun(opened);
    const ticket = await scheduledActivity(opened, await acquiredLease(opened), run);
    await claimedActivity(opened, ticket);
    const settlement = { outcome: "completed", result: encodePayload(1) } as const;
    expect(await sentTwice(() => behindProxy.settle({ ticket, settlement }))).toEqual({ outcome: "stale" });
  });
});

describe("a caller is told what a failure means:", () => {
  test("no answer in time leaves the outcome open, and repeating the call is safe", async () => {
    await connectBehindProxy(300);
    const request = startRequest();
    proxy.dropReplies(true);
    await expect(behindProxy.start(request)).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: true,
    });
    await expect(behindProxy.describe(request.workflowId)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await expect(behindProxy.count({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    proxy.dropReplies(false);
    const repeated = await behindProxy.start(request);
    expect(repeated).toEqual({ outcome: "started", runId: request.runId });
    expect(await opened.store.describe(request.workflowId)).toMatchObject({ accepted: 1 });
  });

  test("what was never sent has not happened", async () => {
    await connectBehindProxy();
    await proxy.stop();
    await waitFor(
      () =>
        behindProxy.ping().then(
          () => false,
          () => true,
        ),
      { description: "the line is down" },
    );
    const request = startRequest();
    const calls: (() => Promise<unknown>)[] = [
      () => behindProxy.ping(),
      () => behindProxy.start(request),
      () => behindProxy.list({ limit: 1, offset: 0 }),
      () => behindProxy.count({}),
      () => behindProxy.describe("w"),
      () => behindProxy.awaitClosed({ workflowId: "w" }),
      () => behindProxy.query({ workflowId: "w", name: "q", input: encodePayload(1), timeoutMs: 1_000 }),
      () => behindProxy.openRuns({ partition: 0, nonce: freshId(), epoch: 1 }, { cursor: "", limit: 1 }),
      () => behindProxy.withdrawCoordinator("c1"),
    ];
    const codes = await Promise.all(
      calls.map((call) =>
        call().catch((error: unknown) => (error instanceof HeddleError ? error.code : error)),
      ),
    );
    expect(new Set(codes)).toEqual(new Set(["UNAVAILABLE"]));
    expect(await opened.store.describe(request.workflowId)).toBeUndefined();
  });

  test("a short interruption goes unnoticed", async () => {
    await connectBehindProxy();
    proxy.cut();
    const replies = await Promise.all(Array.from({ length: 20 }, () => behindProxy.start(startRequest())));
    expect(replies.every((reply) => reply.outcome === "started")).toBe(true);
    expect(await opened.store.count({})).toBe(20);
  });

  test("a closed store sends nothing", async () => {
    await connectBehindProxy();
    await behindProxy.close();
    await expect(behindProxy.start(startRequest())).rejects.toMatchObject({ code: "SHUT_DOWN" });
  });
});
