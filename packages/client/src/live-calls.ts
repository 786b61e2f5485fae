import { assertWorkflowId, type WatchEvent, WORKFLOW_STATUSES } from "@heddle/protocol";
import type { CallOptions, WatchFilter } from "./call-options.js";
import { filterParameters, withParameters } from "./call-parameters.js";
import { type FollowedEntry, historyEntryFrom } from "./history-entry.js";
import { apiPath } from "./http/path.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { Transport } from "./http/transport.js";

/** The event streams of the HTTP API. What an event of a later gateway says is passed over. */
export async function* followHistory(
  transport: Transport,
  workflowId: string,
  { runId, signal }: CallOptions & { readonly runId?: string | undefined },
): AsyncGenerator<FollowedEntry, void, undefined> {
  assertWorkflowId(workflowId);
  const path = withParameters(apiPath("workflows", workflowId, "history", "stream"), { runId });
  for await (const { event, data } of transport.follow({ path, details: { workflowId, runId }, signal })) {
    if (event === "record") yield { ...historyEntryFrom(data), runId: data.text("runId") };
    if (event === "end") return;
  }
}

export async function* watch(
  transport: Transport,
  filter: WatchFilter,
  { signal }: CallOptions,
): AsyncGenerator<WatchEvent, void, undefined> {
  const path = withParameters(apiPath("workflows", "stream"), filterParameters(filter));
  for await (const { event, data } of transport.follow({ path, signal })) {
    if (event === "watching" || event === "reset") yield { kind: event };
    if (event === "change") yield changeFrom(data);
  }
}

function changeFrom(data: ReplyBody): WatchEvent {
  return {
    kind: "changed",
    change: {
      id: data.text("id"),
      runId: data.text("runId"),
      type: data.text("type"),
      status: data.oneOf("status", WORKFLOW_STATUSES),
      createdAt: data.date("createdAt"),
      changedAt: data.date("changedAt"),
    },
  };
}
