import type { Done, Lease, LeaseLost, Message, MessageKind, MessagePage, MessageReceipt } from "@heddle/core";
import { Unpackr } from "msgpackr";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { leaseKeys } from "./lease.js";
import { LEASE_LOST, parseDone } from "./replies.js";

/** Longer than a copy of a delivery can be on its way: until then its answer is remembered. */
const LATE_COPIES_MS = 60_000;

const KINDS: readonly MessageKind[] = [
  ...(["signal", "start-or-signal", "start-child"] as const),
  ...(["cancel", "terminate", "child-closed"] as const),
];

const read = defineScript<MessagePage | LeaseLost>(
  {
    name: "read-messages",
    keys: ["lease", "messages"],
    args: ["nonce", "after", "limit"],
    parse: (reply) => {
      switch (reply.tag) {
        case "ok":
          return { outcome: "ok", nowMs: reply.at(1).number, messages: reply.at(2).items.map(parseMessage) };
        case "lease-lost":
          return LEASE_LOST;
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

const done = defineScript(
  {
    name: "message-done",
    keys: ["lease", "messages", "inbox", "header", "children"],
    args: ["nonce", "entryId", "workflowId", "runId", "seq", "answer", "endsChild"],
    parse: parseDone,
  },
  import.meta.url,
);

type PackedMessage = readonly [
  kind: string,
  workflowId: string,
  senderRunId: string,
  seq: number,
  target: string,
  runId: string,
];
const unpackr = new Unpackr({ useRecords: false });

/** A stream entry as XRANGE returns it: id, then field and value in turn. */
function parseMessage(entry: ScriptReply): Message {
  const fields = entry.at(1);
  const packed = unpackr.unpack(fields.at(1).bytes) as PackedMessage;
  const [kind, workflowId, senderRunId, seq, target, runId] = packed;
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) throw entry.unexpected(`message kind ${JSON.stringify(kind)}`);
  return {
    ...{
      entryId: entry.at(0).text,
      kind: known,
      sender: { workflowId, runId: senderRunId },
      seq,
      target,
      runId,
    },
    data: fields.at(3).bytes,
  };
}

export function readMessages(
  context: StoreContext,
  lease: Lease,
  page: { after: string; limit: number },
): Promise<MessagePage | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  return context.scripts.run(read, [keys.lease, keys.messages], [lease.nonce, page.after, page.limit]);
}

/** Once the outbox has it no more, what it was answered need not be remembered for long. */
export async function messageDone(
  context: StoreContext,
  lease: Lease,
  message: Message,
  receipt: MessageReceipt,
): Promise<Done | LeaseLost> {
  const keys = leaseKeys(context, lease.partition);
  const { workflowId, runId } = message.sender;
  const reply = await context.scripts.run(
    done,
    [keys.lease, keys.messages, keys.inbox, keys.header(workflowId), keys.children(workflowId)],
    [
      ...[lease.nonce, message.entryId, workflowId, runId, message.seq],
      ...[receipt.answer ?? "", receipt.endsChild ? 1 : 0],
    ],
  );
  // Of these two nothing is remembered: that they were done is seen from the runs.
  const isRemembered = message.kind !== "terminate" && message.kind !== "child-closed";
  if (reply.outcome === "done" && isRemembered) {
    const answered = context.keys
      .partitionOf(message.target)
      .delivery(message.kind, message.sender.runId, message.seq);
    // Nobody waits for it: if it is lost, the answer is remembered for its whole time.
    context.ask((client) => client.pexpire(answered, LATE_COPIES_MS)).catch(() => undefined);
  }
  return reply;
}
