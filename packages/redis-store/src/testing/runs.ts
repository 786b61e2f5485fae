import { randomBytes } from "node:crypto";
import type { InboxEntry, Lease, OutboxEntry, StartRequest, TurnCommit } from "@heddle/core";
import {
  encodeHistoryRecord,
  encodePayload,
  type ClosedStatus,
  type HistoryRecord,
  type OpenStatus,
} from "@heddle/protocol";
import type { TestStore } from "./test-store.js";

export interface TestRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
}

export function freshId(label = "id"): string {
  return `${label}-${randomBytes(6).toString("base64url")}`;
}

export function startRequest(request: Partial<StartRequest> = {}): StartRequest {
  return {
    workflowId: freshId("order"),
    runId: freshId("run"),
    type: "order",
    input: encodePayload({ amount: 12 }),
    onOpen: "fail",
    onClosed: "allow",
    ...request,
  };
}

export async function startRun({ store }: TestStore, request: Partial<StartRequest> = {}): Promise<TestRun> {
  const { workflowId, type, ...rest } = startRequest(request);
  const reply = await store.start({ workflowId, type, ...rest });
  if (reply.outcome !== "started") throw new Error(`the run was not started: ${reply.outcome}`);
  return { workflowId, runId: reply.runId, type };
}

export function signalRequest(
  run: { workflowId: string },
  request: { signalId?: string; name?: string } = {},
) {
  return {
    workflowId: run.workflowId,
    name: "paid",
    payload: encodePayload({ cents: 1_200 }),
    operationId: freshId("operation"),
    ...request,
  };
}

export async function acquiredLease(
  { store }: TestStore,
  request: { partition?: number; coordinatorId?: string; ttlMs?: number } = {},
): Promise<Lease> {
  const reply = await store.acquireLease({
    partition: 0,
    coordinatorId: freshId("coordinator"),
    ttlMs: 60_000,
    ...request,
  });
  if (reply.outcome !== "acquired") throw new Error(`the lease is held by ${reply.owner}`);
  return reply.lease;
}

export async function inboxOf({ store }: TestStore, lease: Lease): Promise<readonly InboxEntry[]> {
  const page = await store.readInbox(lease, { after: "0", limit: 10_000 });
  if (page.outcome !== "ok") throw new Error("the lease is lost");
  return page.entries;
}

export async function outboxOf(
  { store }: TestStore,
  lease: Lease,
  page = { after: "0", limit: 10_000 },
): Promise<readonly OutboxEntry[]> {
  const reply = await store.readOutbox(lease, page);
  if ("outcome" in reply) throw new Error("the lease is lost");
  return reply;
}

/** A turn that takes in all accepted events of the run as it stands now, one `signal-awaited` record per event. */
export async function turnOf(
  test: TestStore,
  lease: Lease,
  run: TestRun,
  change: Partial<TurnCommit> = {},
): Promise<TurnCommit> {
  const header = await test.store.describe(run.workflowId);
  if (header === undefined) throw new Error(`there is no run ${run.workflowId}`);
  const entries = (await inboxOf(test, lease)).filter((entry) => entry.runId === run.runId);
  const events = entries.filter((entry) => entry.kind !== "notice");
  const status = header.status === "pending" ? "running" : header.status;
  return {
    ...run,
    version: "1",
    statusBefore: header.status,
    statusAfter: status,
    historyLengthBefore: header.historyLength,
    entryIds: entries.map((entry) => entry.entryId),
    processedDelta: events.length,
    records: events.map((_event, index) =>
      encodeHistoryRecord({ kind: "signal-awaited", seq: index + 1, name: "paid" }),
    ),
    activities: [],
    timers: [],
    endedActivities: [],
    endedTimers: [],
    ...change,
  };
}

export const FIRST_PAGE = { after: "0", limit: 100 } as const;

/** Commits one turn and insists on it. */
export async function committedTurn(
  test: TestStore,
  lease: Lease,
  run: TestRun,
  change: Partial<TurnCommit> = {},
): Promise<TurnCommit> {
  const turn = await turnOf(test, lease, run, change);
  const reply = await test.store.commitTurns(lease, [turn], FIRST_PAGE);
  const outcome = reply.outcome === "ok" ? reply.turns[0]?.outcome : reply.outcome;
  if (outcome !== "committed") throw new Error(`the turn was not committed: ${outcome}`);
  return turn;
}

const closingRecords: Record<ClosedStatus, HistoryRecord> = {
  completed: { kind: "completed", at: 1, result: encodePayload("done") },
  continued: { kind: "completed", at: 1, result: encodePayload("on") },
  failed: { kind: "failed", at: 1, failure: { name: "Error", message: "no" } },
  "timed-out": { kind: "failed", at: 1, failure: { name: "Error", message: "late" } },
  cancelled: { kind: "cancelled", at: 1, failure: { name: "CancelledError", message: "stop" } },
  terminated: { kind: "terminated", at: 1 },
};

/** Closes a run by a commit and returns its closing record. */
export async function closedRun(
  test: TestStore,
  lease: Lease,
  run: TestRun,
  { status = "completed", retentionMs = 60_000 }: { status?: ClosedStatus; retentionMs?: number } = {},
): Promise<Uint8Array> {
  const record = encodeHistoryRecord(closingRecords[status]);
  await committedTurn(test, lease, run, { statusAfter: status, retentionMs, records: [record] });
  return record;
}

export async function statusOf(
  { store }: TestStore,
  run: TestRun,
): Promise<OpenStatus | ClosedStatus | undefined> {
  return (await store.describe(run.workflowId))?.status;
}
