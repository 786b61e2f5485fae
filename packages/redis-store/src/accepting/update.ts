import type { UpdateRef, UpdateReply, UpdateRequest, UpdateState } from "@heddle/core";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { inboxFull, parseClosedStatus } from "./replies.js";

const request = defineScript<(limits: StoreContext["limits"]) => UpdateReply>(
  {
    name: "request-update",
    keys: ["lease", "inbox", "header", "history", "signalIds"],
    args: ["workflowId", "name", "input", "updateId", "channel", "runCap", "partitionCap"],
    parse: (reply) => (limits) => {
      switch (reply.tag) {
        case "not-found":
          return { outcome: "not-found" };
        case "closed":
          return { outcome: "closed", runId: reply.at(1).text, status: parseClosedStatus(reply, 2) };
        case "suspended":
          return { outcome: "suspended", runId: reply.at(1).text };
        case "inbox-full":
          return inboxFull(reply, limits);
        default:
          return parseState(reply);
      }
    },
  },
  import.meta.url,
);

const look = defineScript<UpdateState | undefined>(
  {
    name: "await-update",
    keys: ["header", "history", "signalIds"],
    args: ["firstRunId", "updateId", "channel"],
    parse: (reply) => (reply.tag === "not-found" ? undefined : parseState(reply)),
  },
  import.meta.url,
);

/** What `update-state.lua` returns. */
export function parseState(reply: ScriptReply): UpdateState {
  const outcome = reply.tag;
  const runs = { runId: reply.at(1).text, firstRunId: reply.at(2).text };
  switch (outcome) {
    case "admitted":
    case "accepted":
    case "forgotten":
      return { outcome, ...runs };
    case "completed":
      return { outcome, ...runs, record: reply.at(3).bytes };
    case "rejected":
      return { outcome, ...runs, failure: storedFailure(reply.at(3).bytes) };
    case "abandoned":
      return { outcome, ...runs, status: parseClosedStatus(reply, 3), accepted: reply.at(4).text === "1" };
    default:
      throw reply.unexpected();
  }
}

/** A failure as `commit-turns` stores and publishes it. */
export function storedFailure(text: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(text).toString("latin1"), "base64");
}

/** Appends the request to the inbox of its run's partition, once per update id, and notes `channel` ("" for none). */
export async function requestUpdate(
  context: StoreContext,
  { workflowId, name, input, updateId }: UpdateRequest,
  channel: string,
): Promise<UpdateReply> {
  const keys = context.keys.partitionOf(workflowId);
  const { runInboxCap, partitionInboxCap } = context.limits;
  const reply = await context.scripts.run(
    request,
    [keys.lease, keys.inbox, keys.header(workflowId), keys.history(workflowId), keys.signalIds(workflowId)],
    [workflowId, name, input, updateId, channel, runInboxCap, partitionInboxCap],
  );
  return reply(context.limits);
}

/** Reads where an update is, and registers `channel` to be told of its progress and of the end of its run. */
export async function lookAtUpdate(
  context: StoreContext,
  { workflowId, firstRunId, updateId }: UpdateRef,
  channel: string,
): Promise<UpdateReply> {
  const keys = context.keys.partitionOf(workflowId);
  const state = await context.scripts.run(
    look,
    [keys.header(workflowId), keys.history(workflowId), keys.signalIds(workflowId)],
    [firstRunId, updateId, channel],
  );
  return state ?? { outcome: "gone" };
}
