import type { Delivery } from "@heddle/core";
import { OutcomeUnknownError } from "@heddle/protocol";
import type { PartitionKeys } from "../keys.js";

/** The key that a script declares for a message of another run; none for anyone else's call. */
export function deliveryKeys(keys: PartitionKeys, delivery: Delivery | undefined): string[] {
  return delivery === undefined ? [] : [deliveryKey(keys, delivery)];
}

/** The same where other keys come behind it: anyone else's call names one that the script does not use. */
export function deliveryKey(keys: PartitionKeys, delivery: Delivery | undefined): string {
  if (delivery === undefined) return keys.messages;
  return keys.delivery(delivery.kind, delivery.senderRunId, delivery.seq);
}

/** The call came too late to be told from a copy; the message is read again and delivered anew. */
export function lateDelivery(workflowId: string): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `a message to workflow "${workflowId}" was too long on its way; an earlier copy of it may have been accepted`,
    { details: { workflowId } },
  );
}
