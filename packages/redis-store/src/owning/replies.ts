import type { Done, InboxEntry, InboxKind, LeaseLost, OutboxEntry, PartitionNews } from "@heddle/core";
import { Unpackr } from "msgpackr";
import { parseParentText } from "../parent-text.js";
import type { ScriptReply } from "../script.js";

export const LEASE_LOST: LeaseLost = { outcome: "lease-lost" };

const INBOX_KINDS: readonly InboxKind[] = [
  "started",
  "start-delayed",
  "signal",
  "activity-completed",
  "activity-failed",
  "timer-fired",
  "cancel-requested",
  "update",
  "message-answered",
  "child-closed",
  "notice",
];

/** Elements 1 to 3 of an `ok` reply. */
export function parseNews(reply: ScriptReply): PartitionNews {
  if (reply.tag !== "ok") throw reply.unexpected();
  return {
    outcome: "ok",
    nowMs: reply.at(1).number,
    nextDueMs: reply.at(2).optionalNumber,
    newestEntry: reply.at(3).text,
  };
}

type RawEntry = readonly [id: Buffer, fields: readonly Buffer[]];
type PackedEvent = readonly [
  kind: string,
  workflowId: string,
  runId: string,
  name: string,
  reference: string,
  extra: string,
  parent?: string,
];

/** Stream entries as XRANGE returns them: id, then field and value in turn. Read in place, because they are many. */
export function parseInboxEntries(reply: ScriptReply): InboxEntry[] {
  return (reply.list as readonly RawEntry[]).map(([id, fields]) => {
    const [, event = NOTHING, , data = NOTHING] = fields;
    const [kind, workflowId, runId, name, reference, extra, parent] = unpackr.unpack(event) as PackedEvent;
    const entryId = id.toString();
    return {
      entryId,
      kind: kindOf(reply, kind),
      workflowId,
      runId,
      // The id of a stream entry begins with the Redis clock, made monotone by the stream.
      atMs: Number(entryId.slice(0, entryId.indexOf("-"))),
      name,
      reference,
      extra,
      data,
      ...(parent === undefined ? {} : { parent: parseParentText(parent) }),
    };
  });
}

const unpackr = new Unpackr({ useRecords: false });
const NOTHING = Buffer.alloc(0);

function kindOf(reply: ScriptReply, text: string): InboxKind {
  const kind = INBOX_KINDS.find((known) => known === text);
  if (kind === undefined) throw reply.unexpected(`inbox kind ${JSON.stringify(text)}`);
  return kind;
}

export function parseOutboxEntries(reply: ScriptReply): OutboxEntry[] {
  return reply.items.map((entry) => {
    const fields = entry.at(1);
    return {
      entryId: entry.at(0).text,
      queue: fields.at(1).text,
      ticket: {
        workflowId: fields.at(3).text,
        runId: fields.at(5).text,
        seq: fields.at(7).number,
        attempt: fields.at(9).number,
        token: fields.at(11).text,
      },
    };
  });
}

/** Of calls that are one step together: a lease that was lost in one of them was lost. */
export function allDone(replies: readonly (Done | LeaseLost)[]): Done | LeaseLost {
  return replies.find((reply) => reply.outcome === "lease-lost") ?? { outcome: "done" };
}

export function parseDone(reply: ScriptReply): Done | LeaseLost {
  switch (reply.tag) {
    case "done":
      return { outcome: "done" };
    case "lease-lost":
      return LEASE_LOST;
    default:
      throw reply.unexpected();
  }
}
