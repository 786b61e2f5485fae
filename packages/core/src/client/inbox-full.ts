import { InboxFullError } from "@heddle/protocol";
import type { InboxFull } from "../store/inbox-full.js";

export function inboxFullError(workflowId: string, reply: InboxFull): InboxFullError {
  const subject =
    reply.scope === "run" ? `workflow "${workflowId}"` : `the partition of workflow "${workflowId}"`;
  return new InboxFullError(
    `${subject} has ${reply.limit} accepted events that no coordinator has processed; ` +
      `nothing was written, repeat later with the same ids`,
    { details: { workflowId, limit: reply.limit, scope: reply.scope } },
  );
}
