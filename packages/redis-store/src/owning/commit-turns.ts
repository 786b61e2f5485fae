import type {
  ActivityReference,
  CommitReply,
  Lease,
  LeaseLost,
  NewActivity,
  OffloadedPayload,
  OutboxEntry,
  SearchChanges,
  TurnCommit,
  TurnReply,
  UpdateProgress,
} from "@heddle/core";
import { Packr } from "msgpackr";
import { referenceField, referenceValue } from "../accepting/open-activity.js";
import { encodeActivityPolicy } from "../activities/activity-policy-codec.js";
import type { PartitionKeys } from "../keys.js";
import { changesArgument } from "../search/terms.js";
import { defineScript, type ScriptReply } from "../script.js";
import { dataOf, namesOf } from "./carried-event.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { outgoingArgument } from "./outgoing-argument.js";
import { LEASE_LOST, parseInboxEntries, parseNews } from "./replies.js";

type Parsed = Omit<CommitReply, "outbox"> & { readonly outboxIds: readonly string[] };

const script = defineScript<Parsed | LeaseLost>(
  {
    name: "commit-turns",
    keys: ["lease", "inbox", "timers", "outbox", "held", "versions", "feed", "…turns"],
    args: ["nonce", "after", "limit", "records", "turns"],
    parse: (reply) =>
      reply.tag === "lease-lost"
        ? LEASE_LOST
        : {
            ...parseNews(reply),
            entries: parseInboxEntries(reply.at(4)),
            turns: reply.at(5).items.map(parseTurn),
            outboxIds: reply.at(6).items.map((id) => id.text),
          },
  },
  import.meta.url,
);

function parseTurn(reply: ScriptReply): TurnReply {
  switch (reply.tag) {
    case "committed":
      return { outcome: "committed", historyLength: reply.at(1).number };
    case "changed":
    case "more-accepted":
      return { outcome: reply.tag };
    default:
      throw reply.unexpected();
  }
}

// Without records and byte strings, which the cmsgpack of Redis does not know.
const packr = new Packr({ useRecords: false });

export async function commitTurns(
  context: StoreContext,
  lease: Lease,
  turns: readonly TurnCommit[],
  page: { after: string; limit: number },
): Promise<CommitReply | LeaseLost> {
  const partition = leaseKeys(context, lease.partition);
  const keys = [
    partition.lease,
    partition.inbox,
    partition.timers,
    partition.outbox,
    partition.held,
    partition.versions,
    partition.feed,
  ];
  for (const turn of turns) addTurnKeys(keys, partition, turn);
  const reply = await context.scripts.run(script, keys, [
    lease.nonce,
    page.after,
    page.limit,
    Buffer.concat(turns.flatMap((turn) => [...blobsOf(turn), ...valuesOf(turn)])),
    packr.pack(turns.map(turnArgument)),
  ]);
  if (reply.outcome === "lease-lost") return reply;
  return { ...reply, outbox: outboxOf(turns, reply) };
}

function addTurnKeys(keys: string[], partition: PartitionKeys, turn: TurnCommit): void {
  const { workflowId, runId, type } = turn;
  keys.push(
    partition.header(workflowId),
    partition.history(workflowId),
    partition.index(type, turn.statusBefore),
    partition.index(type, turn.statusAfter),
  );
  for (const { seq } of turn.activities) keys.push(partition.activity(runId, seq));
  for (const seq of turn.endedActivities) keys.push(partition.activity(runId, seq));
  const usesSignalIds = hasUpdates(turn) || hasReferences(turn) || turn.continuation !== undefined;
  if (usesSignalIds) keys.push(partition.signalIds(workflowId));
  if (turn.outgoing !== undefined) keys.push(partition.messages, partition.children(workflowId));
  if (turn.finishesReset === true) keys.push(partition.cutOff(workflowId));
  if (hasOffloaded(turn) || turn.continuation !== undefined) keys.push(partition.offloaded(workflowId));
  if (turn.search !== undefined) keys.push(partition.attributes, partition.byAttribute, partition.memos);
}

/** A turn as the script unpacks it; `false` stands for what is absent, because nil would end a Lua list. */
function turnArgument(turn: TurnCommit): unknown[] {
  return [
    turn.workflowId,
    turn.runId,
    turn.version,
    turn.statusBefore,
    turn.statusAfter,
    turn.historyLengthBefore,
    turn.processedDelta,
    turn.heldReason ?? false,
    turn.retentionMs ?? false,
    turn.entryIds,
    blobsOf(turn).map((blob) => blob.byteLength),
    workArgument(turn),
    continuationArgument(turn),
    hasUpdates(turn) && turn.updates.map(updateArgument),
    turn.outgoing !== undefined && outgoingArgument(turn.outgoing),
    turn.finishesReset === true,
    hasOffloaded(turn) && [
      turn.offloaded.map(({ valueId }) => valueId),
      turn.offloaded.map(({ payload }) => payload.byteLength),
    ],
    turn.awaitsSteps === undefined ? "" : Number(turn.awaitsSteps).toString(),
    ...(turn.search === undefined ? [] : [turnSearchArgument(turn.search)]),
  ];
}

function valuesOf({ offloaded = [] }: TurnCommit): readonly Uint8Array[] {
  return offloaded.map(({ payload }) => payload);
}

/** What of a turn is opaque: its records, what the run goes on with when it continues as a new one, and its memo. */
function blobsOf({ records, continuation, search }: TurnCommit): readonly Uint8Array[] {
  if (continuation === undefined && search?.memo == null) return records;
  const carried = continuation === undefined ? [] : [continuation.input, ...continuation.events.map(dataOf)];
  return [...records, ...carried, ...(search?.memo == null ? [] : [search.memo])];
}

function turnSearchArgument({ attributes, memo }: SearchChanges): unknown[] {
  const memoState = memo === undefined ? "kept" : memo === null ? "removed" : "set";
  return [changesArgument(attributes ?? {}), memoState];
}

function continuationArgument({ continuation, type, records }: TurnCommit): unknown[] | false {
  if (continuation === undefined) return false;
  const events = continuation.events.map((event) => [event.kind, ...namesOf(event)]);
  return [continuation.runId, type, events, records.length, continuation.offloaded ?? []];
}

function hasUpdates(turn: TurnCommit): turn is TurnCommit & { updates: readonly UpdateProgress[] } {
  return turn.updates !== undefined && turn.updates.length > 0;
}

function hasOffloaded(turn: TurnCommit): turn is TurnCommit & { offloaded: readonly OffloadedPayload[] } {
  return turn.offloaded !== undefined && turn.offloaded.length > 0;
}

function hasReferences(turn: TurnCommit): turn is TurnCommit & { references: readonly ActivityReference[] } {
  return turn.references !== undefined && turn.references.length > 0;
}

function referenceArgument({ reference, seq }: ActivityReference, runId: string): unknown[] {
  return [referenceField(reference), seq !== undefined && referenceValue({ runId, seq })];
}

function updateArgument(update: UpdateProgress): unknown[] {
  switch (update.state) {
    case "completed":
      return [update.updateId, update.state, update.recordIndex];
    case "rejected":
      // As text, because the cmsgpack of Redis knows no bytes.
      return [update.updateId, update.state, Buffer.from(update.failure).toString("base64")];
    default:
      return [update.updateId, update.state];
  }
}

function workArgument(turn: TurnCommit): unknown[] | false {
  const { activities, endedActivities, timers, endedTimers } = turn;
  const isEmpty = activities.length + endedActivities.length + timers.length + endedTimers.length === 0;
  if (isEmpty && !hasReferences(turn)) return false;
  return [
    activities.map(activityArgument),
    endedActivities,
    timers.map((timer) =>
      "dueMs" in timer ? [timer.seq, true, timer.dueMs] : [timer.seq, false, timer.durationMs],
    ),
    endedTimers,
    hasReferences(turn) && turn.references.map((each) => referenceArgument(each, turn.runId)),
  ];
}

function activityArgument(activity: NewActivity): unknown[] {
  const { policy } = activity;
  return [
    activity.seq,
    activity.name,
    activity.queue,
    activity.token,
    activity.historyIndex,
    encodeActivityPolicy(policy),
    activity.checkAfterMs,
    earliest(policy.startToCloseMs, policy.heartbeatMs),
    policy.scheduleToCloseMs ?? false,
    policy.limits === undefined ? false : JSON.stringify(policy.limits),
  ];
}

/** The tickets that the script put into the outbox, in the order in which it did. */
function outboxOf(turns: readonly TurnCommit[], reply: Parsed): OutboxEntry[] {
  const committed = turns.filter((_turn, index) => reply.turns[index]?.outcome === "committed");
  return committed
    .flatMap((turn) => turn.activities.map((activity) => ({ turn, activity })))
    .map(({ turn, activity }, index) => ({
      entryId: reply.outboxIds[index] ?? "",
      queue: activity.queue,
      ticket: {
        workflowId: turn.workflowId,
        runId: turn.runId,
        seq: activity.seq,
        attempt: 1,
        token: activity.token,
      },
    }));
}

function earliest(one: number | undefined, other: number | undefined): number | false {
  if (one === undefined) return other ?? false;
  return other === undefined ? one : Math.min(one, other);
}
