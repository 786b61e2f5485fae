import {
  CorruptRecordError,
  decodeHistoryRecord,
  encodePayload,
  type HistoryRecord,
  type MessageAnswer,
} from "@heddle/protocol";
import type { SignalReply, StartOrSignalReply, StartReply } from "../store/accepting-store.js";
import type { InboxFull } from "../store/inbox-full.js";
import type { Delivery } from "../store/delivery.js";
import type { Message, MessageReceipt, MessageTargets } from "../store/messages.js";

/** Taken by its target, or refused for good; or to be delivered again later, because the target has no room now. */
export type DeliveryOutcome =
  { readonly outcome: "delivered"; readonly receipt: MessageReceipt } | { readonly outcome: "later" };

/**
 * Brings a message to its target, once: repeating it after a crash gets the same answer and changes nothing, also when
 * the target has closed, was purged or was replaced meanwhile. Rejects as the store does; then it is tried again.
 */
export async function deliverMessage(
  targets: MessageTargets,
  message: Message,
  notAfterMs: number,
): Promise<DeliveryOutcome> {
  const { kind, seq, sender } = message;
  const delivery: Delivery = { kind, senderRunId: sender.runId, seq, notAfterMs };
  switch (kind) {
    case "signal":
      return sendSignal(targets, message, delivery);
    case "start-or-signal":
      return startOrSignal(targets, message, delivery);
    case "start-child":
      return startChild(targets, message, delivery);
    case "cancel":
      return cancel(targets, message, delivery);
    case "terminate":
      // The sender's run and number name the operation, so a copy is recognised.
      await targets.terminate({
        workflowId: message.target,
        runId: message.runId,
        operationId: `${sender.runId}/${seq}`,
        reason: "its parent closed",
      });
      return delivered(undefined);
    case "child-closed":
      await targets.childClosed({
        parent: { workflowId: message.target, runId: message.runId, seq },
        child: { runId: sender.runId, status: decodeHistoryRecord(message.data).kind },
        record: message.data,
      });
      return delivered(undefined);
  }
}

async function sendSignal(
  targets: MessageTargets,
  message: Message,
  delivery: Delivery,
): Promise<DeliveryOutcome> {
  const { name, payload, signalId } = recordOf(message, "signal-sent");
  const { target: workflowId, runId } = message;
  const reply = await targets.signal({
    ...{ workflowId, runId, name, payload, operationId: "", delivery },
    ...(signalId === undefined ? {} : { signalId }),
  });
  return answered(workflowId, reply);
}

async function startOrSignal(
  targets: MessageTargets,
  message: Message,
  delivery: Delivery,
): Promise<DeliveryOutcome> {
  const record = recordOf(message, "start-or-signal-sent");
  const { name: type, runId, input, signalName, signalId, payload, idempotencyKey, times } = record;
  const { onTerminalConflict } = record;
  const reply = await targets.startOrSignal({
    ...{ workflowId: message.target, runId, type, input, onTerminalConflict, delivery },
    signal: { name: signalName, payload, signalId, operationId: "" },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(times === undefined ? {} : { times: present(times) }),
  });
  return answered(message.target, reply);
}

async function startChild(
  targets: MessageTargets,
  message: Message,
  delivery: Delivery,
): Promise<DeliveryOutcome> {
  const record = recordOf(message, "child-start-requested");
  const { name: type, workflowId, runId, input, onOpen, onClosed, seq, depth, times } = record;
  const reply = await targets.start({
    ...{ workflowId, runId, type, input, onOpen, onClosed, delivery },
    parent: { ...message.sender, seq, depth },
    ...(times === undefined ? {} : { times: present(times) }),
  });
  return answered(workflowId, reply, { endsChild: reply.outcome !== "started" });
}

/** A child that is closed or gone needs no cancel request: its parent is told of its end in any case. */
async function cancel(
  targets: MessageTargets,
  message: Message,
  delivery: Delivery,
): Promise<DeliveryOutcome> {
  const { target: workflowId, runId } = message;
  // Without a record it comes from a parent-close policy, and nobody is there to be told.
  const byCode = message.data.byteLength > 0;
  const reason = byCode ? recordOf(message, "child-cancel-requested").reason : "its parent closed";
  await targets.requestCancel({
    ...{ workflowId, runId, delivery },
    ...(reason === undefined ? {} : { reason }),
  });
  return delivered(byCode ? { outcome: "accepted", workflowId, runId } : undefined);
}

function answered(
  workflowId: string,
  reply: SignalReply | StartReply | StartOrSignalReply,
  { endsChild = false } = {},
): DeliveryOutcome {
  if (isFull(reply)) return { outcome: "later" };
  return delivered(answerOf(workflowId, reply), endsChild);
}

function isFull(reply: SignalReply | StartReply | StartOrSignalReply): reply is InboxFull {
  return reply.outcome === "inbox-full";
}

function answerOf(
  workflowId: string,
  reply: Exclude<SignalReply | StartReply | StartOrSignalReply, InboxFull>,
): MessageAnswer {
  switch (reply.outcome) {
    case "accepted":
    case "duplicate":
    case "started":
    case "signalled":
      return { outcome: reply.outcome, workflowId, runId: reply.runId };
    case "not-found":
    case "purged":
      return { outcome: reply.outcome, workflowId };
    case "conflict":
      return { outcome: "conflict", workflowId, runId: reply.runId, status: reply.status };
    case "open":
      return existing(workflowId, reply);
    case "closed":
      // Of a start it names the type as well: the id is another run's.
      return "type" in reply
        ? existing(workflowId, reply)
        : { outcome: "closed", workflowId, runId: reply.runId, status: reply.status };
  }
}

function existing(
  workflowId: string,
  { runId, status, type }: { runId: string; status: string; type: string },
): MessageAnswer {
  return { outcome: "exists", workflowId, runId, status, type };
}

function delivered(answer: MessageAnswer | undefined, endsChild = false): DeliveryOutcome {
  const encoded = answer && encodePayload(answer, { what: "answer of a message" });
  return { outcome: "delivered", receipt: { answer: encoded, endsChild } };
}

function recordOf<Kind extends HistoryRecord["kind"]>(
  message: Message,
  kind: Kind,
): Extract<HistoryRecord, { kind: Kind }> {
  const record = decodeHistoryRecord(message.data);
  if (record.kind !== kind) {
    throw new CorruptRecordError(`a message of kind ${message.kind} holds a record of kind ${record.kind}`);
  }
  return record as Extract<HistoryRecord, { kind: Kind }>;
}

/** Without the fields that are there in name only. */
function present<Times extends object>(times: Times): { [Name in keyof Times]: NonNullable<Times[Name]> } {
  const entries = Object.entries(times).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Times]: NonNullable<Times[Name]> };
}
