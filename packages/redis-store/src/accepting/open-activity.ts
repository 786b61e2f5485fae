import type { OpenActivity, OpenActivityRefusal } from "@heddle/core";
import type { ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseClosedStatus } from "./replies.js";

/** Where an open activity is, as the scripts take it. */
export interface LocatedActivity {
  readonly runId: string;
  readonly seq: number;
  /** "" by reference. */
  readonly token: string;
  /** "" by token. */
  readonly referenceField: string;
  /** What was found there; "" for nothing. */
  readonly referenceValue: string;
}

/** Field of `T:s:<id>` that says which activity has the reference. */
export function referenceField(reference: string): string {
  return `a:${reference}`;
}

/** Its value. By run, because the hash outlives a run that continues as a new one. */
export function referenceValue(activity: { readonly runId: string; readonly seq: number }): string {
  return `${activity.seq}:${activity.runId}`;
}

/**
 * Finds the keys of an activity. A reference can name another activity by the time that a script runs; the script
 * compares, and the one that was found then has ended.
 */
export async function locateActivity(
  context: StoreContext,
  activity: OpenActivity,
): Promise<LocatedActivity> {
  if ("ticket" in activity) {
    const { runId, seq, token } = activity.ticket;
    return { runId, seq, token, referenceField: "", referenceValue: "" };
  }
  const key = context.keys.partitionOf(activity.workflowId).signalIds(activity.workflowId);
  const field = referenceField(activity.reference);
  const value = (await context.ask((client) => client.hget(key, field))) ?? "";
  const [seq = "", runId = ""] = value.split(":");
  return { runId, seq: Number(seq), token: "", referenceField: field, referenceValue: value };
}

export function parseRefusal(reply: ScriptReply): OpenActivityRefusal {
  switch (reply.tag) {
    case "already-settled":
    case "workflow-not-found":
      return { outcome: reply.tag };
    case "not-found":
      return { outcome: "not-found", runId: reply.at(1).text };
    case "closed":
      return { outcome: "closed", runId: reply.at(1).text, status: parseClosedStatus(reply, 2) };
    default:
      throw reply.unexpected();
  }
}
