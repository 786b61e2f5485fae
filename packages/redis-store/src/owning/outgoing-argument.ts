import type { Outgoing, OutgoingMessage, PendingChild } from "@heddle/core";
import { workflowIdOfKey } from "../keys.js";

/** What a turn sends to other runs, as `write-outgoing.lua` takes it. */
export function outgoingArgument({ messages, newChildren, dropsChildren }: Outgoing): unknown[] {
  return [messages.map(messageArgument), newChildren.map(childArgument), dropsChildren];
}

function messageArgument({ kind, seq, target, runId, recordIndex }: OutgoingMessage): unknown[] {
  const workflowId = "workflowId" in target ? target.workflowId : workflowIdOfKey(target.idempotencyKey);
  return [kind, seq, workflowId, runId, recordIndex ?? false];
}

/** Field and value in the hash of pending children. The workflow id comes last because it may hold any character. */
function childArgument({ seq, policy, runId, workflowId }: PendingChild): unknown[] {
  return [seq, `${policy}:${runId}:${workflowId}`];
}
