import type { ControlReply } from "@heddle/core";
import type { WorkflowStatus } from "@heddle/protocol";
import type { ScriptReply } from "../script.js";
import { parseClosedStatus, parseRunStatus } from "./replies.js";

/** The run is behind another index than the caller believed; nothing was written. */
export interface ChangedRun {
  readonly outcome: "changed";
  readonly status: WorkflowStatus;
  readonly type: string;
  /** Status that the call would lead to, where that depends on the run. */
  readonly statusAfter?: WorkflowStatus;
}

export function parseControlReply(reply: ScriptReply): ControlReply | ChangedRun {
  switch (reply.tag) {
    case "applied":
    case "unchanged":
      return { outcome: reply.tag, runId: reply.at(1).text, status: parseRunStatus(reply, 2) };
    case "closed":
      return { outcome: "closed", runId: reply.at(1).text, status: parseClosedStatus(reply, 2) };
    case "not-found":
      return { outcome: "not-found" };
    case "changed":
      return {
        outcome: "changed",
        status: parseRunStatus(reply, 2),
        type: reply.at(3).text,
        ...(reply.length > 4 ? { statusAfter: parseRunStatus(reply, 4) } : {}),
      };
    default:
      throw reply.unexpected();
  }
}

interface SeenRun {
  readonly type: string;
  readonly status: WorkflowStatus;
  readonly statusAfter?: WorkflowStatus;
}

/** What a caller assumes before it has seen the run: the most common case. */
const UNSEEN: SeenRun = { type: "", status: "running" };

/**
 * Runs an attempt until the run stands still between two calls. Each repetition means that the run really moved,
 * so this is no retry of a failure; nothing was written before the last call.
 */
export async function untilUnchanged(
  attempt: (seen: SeenRun) => Promise<ControlReply | ChangedRun>,
): Promise<ControlReply> {
  let seen = UNSEEN;
  for (;;) {
    const reply = await attempt(seen);
    if (reply.outcome !== "changed") return reply;
    seen = reply;
  }
}
