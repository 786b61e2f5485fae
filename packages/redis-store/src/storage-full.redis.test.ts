import { encodePayload } from "@heddle/protocol";
import { randomNamespace, startTestRedis, type TestRedis, waitFor } from "@heddle/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRedisStore } from "./redis-store.js";
import { claimedActivity, scheduledActivity } from "./testing/activities.js";
import {
  acquiredLease,
  FIRST_PAGE,
  freshId,
  signalRequest,
  startRequest,
  startRun,
  turnOf,
} from "./testing/runs.js";
import { openTestStore } from "./testing/test-store.js";

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

/** A run with an activity under way, on a server that has no memory left. */
async function fullServer() {
  const opened = await openTestStore({ url: server.url }, randomNamespace("full"));
  const run = await startRun(opened);
  const lease = await acquiredLease(opened);
  const ticket = await scheduledActivity(opened, lease, run);
  const second = await scheduledActivity(opened, lease, run, { seq: 2 });
  await claimedActivity(opened, ticket);
  await opened.redis.config("SET", "maxmemory", "1");
  return {
    opened,
    run,
    lease,
    ticket,
    second,
    setMemory: (bytes: string) => opened.redis.config("SET", "maxmemory", bytes),
  };
}

describe("without memory", () => {
  test("new work is refused before anything is written", async () => {
    const { opened, run, setMemory } = await fullServer();
    const { store } = opened;
    const before = await opened.snapshot();
    const { runId, type, input } = startRequest();
    const { workflowId, ...signal } = signalRequest({ workflowId: "cart" });
    const calls: (() => Promise<unknown>)[] = [
      () => store.start(startRequest()),
      () => store.signal(signalRequest(run)),
      () => store.startOrSignal({ workflowId, runId, type, input, signal, onTerminalConflict: "reject" }),
      () => store.requestCancel(run),
      () => store.suspend(run),
      () => store.terminate({ ...run, operationId: freshId() }),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: "STORAGE_FULL",
        retryable: true,
        outcome: "refused",
      });
    }
    expect(await opened.snapshot()).toEqual(before);
    await setMemory("0");
    expect(await store.signal(signalRequest(run))).toMatchObject({ outcome: "accepted" });
  });

  test("work under way is finished", async () => {
    const { opened, run, lease, ticket, second, setMemory } = await fullServer();
    const { store } = opened;
    expect(await store.heartbeat({ ticket, fromActivity: true })).toEqual({ outcome: "alive" });
    const settlement = { outcome: "completed", result: encodePayload("x".repeat(10_000)) } as const;
    expect(await store.settle({ ticket, settlement })).toEqual({ outcome: "settled" });
    await claimedActivity(opened, second);
    expect(await store.renewLease(lease, 60_000)).toMatchObject({ outcome: "ok" });
    const turn = await turnOf(opened, lease, run, { timers: [{ seq: 3, dueMs: 1 }] });
    const committed = await store.commitTurns(lease, [turn], FIRST_PAGE);
    expect(committed).toMatchObject({ turns: [{ outcome: "committed" }] });
    const timer = { kind: "timer", seq: 3, runId: run.runId, workflowId: run.workflowId } as const;
    expect(await store.fireTimers(lease, [timer])).toEqual({ outcome: "done" });
    expect(await store.readInbox(lease, FIRST_PAGE)).toMatchObject({ entries: [{ kind: "timer-fired" }] });
    await setMemory("0");
  });

  test("a deadline closes its run", async () => {
    const { opened, lease, setMemory } = await fullServer();
    await setMemory("0");
    const { workflowId, runId } = await startRun(opened, { times: { runTimeoutMs: 1 } });
    await setMemory("1");
    const timer = { kind: "deadline", seq: 0, runId, workflowId } as const;
    const isClosed = async () => {
      await opened.store.timeOutRuns(lease, [timer]);
      return (await opened.store.describe(workflowId))?.status === "timed-out";
    };
    await waitFor(isClosed, { description: "its deadline has passed" });
    await setMemory("0");
  });

  test("a process that drains the server can start", async () => {
    const { opened, setMemory } = await fullServer();
    const late = await createRedisStore({ connection: { url: server.url }, namespace: opened.namespace });
    expect(await late.acquireLease({ partition: 0, coordinatorId: "c2", ttlMs: 1 })).toMatchObject({
      outcome: "held",
    });
    await late.close();
    await setMemory("0");
  });
});
