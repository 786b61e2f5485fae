import type { CommitReply, Lease, LeaseLost, OutboxEntry, TurnCommit, TurnReply } from "@heddle/core";
import { encodeActivityPolicy } from "../activities/activity-policy-codec.js";
import type { PartitionKeys } from "../keys.js";
import { defineScript, type ScriptArgument, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { LEASE_LOST, parseInboxEntries, parseNews } from "./replies.js";

type Parsed = Omit<CommitReply, "outbox"> & { readonly outboxIds: readonly string[] };

const script = defineScript<Parsed | LeaseLost>(
  {
    name: "commit-turns",
    keys: ["lease", "inbox", "timers", "outbox", "held", "…turns"],
    args: ["nonce", "after", "limit", "turnCount", "…turns"],
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

export async function commitTurns(
  context: StoreContext,
  lease: Lease,
  turns: readonly TurnCommit[],
  page: { after: string; limit: number },
): Promise<CommitReply | LeaseLost> {
  const partition = leaseKeys(context, lease.partition);
  const keys = [partition.lease, partition.inbox, partition.timers, partition.outbox, partition.held];
  const args: ScriptArgument[] = [lease.nonce, page.after, page.limit, turns.length];
  for (const turn of turns) {
    keys.push(...turnKeys(partition, turn));
    args.push(...turnArguments(turn));
  }
  const reply = await context.scripts.run(script, keys, args);
  if (reply.outcome === "lease-lost") return reply;
  return { ...reply, outbox: outboxOf(turns, reply) };
}

function turnKeys(partition: PartitionKeys, turn: TurnCommit): string[] {
  const { workflowId, runId, type } = turn;
  return [
    partition.header(workflowId),
    partition.history(workflowId),
    partition.index(type, turn.statusBefore),
    partition.index(type, turn.statusAfter),
    ...turn.activities.map(({ seq }) => partition.activity(runId, seq)),
    ...turn.endedActivities.map((seq) => partition.activity(runId, seq)),
  ];
}

function turnArguments(turn: TurnCommit): ScriptArgument[] {
  const heldChange = turn.heldReason === undefined ? "keep" : turn.heldReason === "" ? "clear" : "set";
  return [
    turn.workflowId,
    turn.runId,
    turn.version,
    turn.statusBefore,
    turn.statusAfter,
    turn.historyLengthBefore,
    turn.processedDelta,
    heldChange,
    turn.heldReason ?? "",
    turn.retentionMs ?? "",
    turn.entryIds.length,
    turn.records.length,
    turn.activities.length,
    turn.endedActivities.length,
    turn.timers.length,
    turn.endedTimers.length,
    ...turn.entryIds,
    ...turn.records,
    ...turn.activities.flatMap((activity) => [
      activity.seq,
      activity.name,
      activity.queue,
      activity.token,
      activity.historyIndex,
      encodeActivityPolicy(activity.policy),
      activity.checkAfterMs,
      earliest(activity.policy.startToCloseMs, activity.policy.heartbeatMs),
      activity.policy.scheduleToCloseMs ?? "",
    ]),
    ...turn.endedActivities,
    ...turn.timers.flatMap((timer) =>
      "durationMs" in timer ? [timer.seq, "in", timer.durationMs] : [timer.seq, "at", timer.dueMs],
    ),
    ...turn.endedTimers,
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

function earliest(...times: (number | undefined)[]): number | "" {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? "" : Math.min(...known);
}
