import type {
  ActivityTicket,
  ClaimedActivity,
  Lease,
  NewActivity,
  StoredActivity,
  TimerRef,
} from "@heddle/core";
import {
  encodeHistoryRecord,
  encodePayload,
  resolveActivityPolicy,
  type TimeoutOptions,
} from "@heddle/protocol";
import { committedTurn, freshId, type TestRun } from "./runs.js";
import type { TestStore } from "./test-store.js";

/** Schedules one activity by a commit; its ticket is in the outbox. */
export async function scheduledActivity(
  test: TestStore,
  lease: Lease,
  run: TestRun,
  change: Partial<NewActivity> & { timeouts?: TimeoutOptions; input?: unknown } = {},
): Promise<ActivityTicket> {
  const { timeouts, input = { card: 4 }, ...activityChange } = change;
  const historyLength = (await test.store.history(run.workflowId))?.length ?? 0;
  const activity: NewActivity = {
    seq: 1,
    name: "charge",
    queue: "payments",
    token: freshId("token"),
    historyIndex: historyLength,
    policy: resolveActivityPolicy({}, timeouts),
    checkAfterMs: 30_000,
    ...activityChange,
  };
  const { seq, name, queue, token } = activity;
  await committedTurn(test, lease, run, {
    records: [
      encodeHistoryRecord({ kind: "activity-scheduled", seq, name, queue, input: encodePayload(input) }),
    ],
    activities: [activity],
  });
  return { workflowId: run.workflowId, runId: run.runId, seq, attempt: 1, token };
}

export async function claimedActivity(
  { store }: TestStore,
  ticket: ActivityTicket,
): Promise<ClaimedActivity> {
  const reply = await store.claim({ ticket, worker: "worker-1", livenessMs: 30_000 });
  if (reply.outcome !== "go") throw new Error("the claim is stale");
  return reply.activity;
}

/** Fails the attempt so that it is tried again; the ticket it then has holds no token. */
export async function backingOffActivity(
  test: TestStore,
  ticket: ActivityTicket,
  delayMs = 0,
): Promise<ActivityTicket> {
  const failure = { name: "Error", message: "card declined" };
  const reply = await test.store.settle({ ticket, settlement: { outcome: "retry", failure, delayMs } });
  if (reply.outcome !== "retrying") throw new Error(`the retry was ${reply.outcome}`);
  return { ...ticket, token: "" };
}

export function timerOf(ticket: ActivityTicket): TimerRef {
  return { kind: "activity", seq: ticket.seq, runId: ticket.runId, workflowId: ticket.workflowId };
}

export async function storedActivity(
  { store }: TestStore,
  lease: Lease,
  ticket: ActivityTicket,
): Promise<StoredActivity | undefined> {
  return (await store.readActivities(lease, [timerOf(ticket)]))[0];
}
