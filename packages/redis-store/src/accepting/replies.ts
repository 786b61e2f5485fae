import type { InboxFull } from "@heddle/core";
import {
  isClosedStatus,
  parseStatus,
  type ClosedStatus,
  type OpenStatus,
  type WorkflowStatus,
} from "@heddle/protocol";
import type { ScriptReply } from "../script.js";
import type { StoreLimits } from "../store-context.js";

export function parseRunStatus(reply: ScriptReply, index: number): WorkflowStatus {
  return parseStatus(reply.at(index).text);
}

function parseOpenStatus(reply: ScriptReply, index: number): OpenStatus {
  const status = parseRunStatus(reply, index);
  if (isClosedStatus(status)) throw reply.unexpected(`closed status ${status} as an open one`);
  return status;
}

export function parseClosedStatus(reply: ScriptReply, index: number): ClosedStatus {
  const status = parseRunStatus(reply, index);
  if (!isClosedStatus(status)) throw reply.unexpected(`open status ${status} as a closed one`);
  return status;
}

export function inboxFull(reply: ScriptReply, limits: StoreLimits): InboxFull {
  const scope = reply.at(1).text === "run" ? "run" : "partition";
  return {
    outcome: "inbox-full",
    scope,
    limit: scope === "run" ? limits.runInboxCap : limits.partitionInboxCap,
  };
}

/** Why a script that starts a run has started none; `replaceable`: it is to be called again, with this predecessor. */
export function parseNotStarted(reply: ScriptReply, limits: StoreLimits) {
  const outcome = reply.tag;
  switch (outcome) {
    case "open":
      return {
        outcome,
        runId: reply.at(1).text,
        status: parseOpenStatus(reply, 2),
        type: reply.at(3).text,
      } as const;
    case "closed":
      return {
        outcome,
        runId: reply.at(1).text,
        status: parseClosedStatus(reply, 2),
        type: reply.at(3).text,
      } as const;
    case "replaceable":
      return { outcome, status: parseRunStatus(reply, 2), type: reply.at(3).text } as const;
    case "purged":
      return { outcome } as const;
    case "inbox-full":
      return inboxFull(reply, limits);
    default:
      throw reply.unexpected();
  }
}
