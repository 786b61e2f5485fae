import { OutcomeUnknownError } from "@heddle/protocol";
import type { SignalReply, SignalRequest } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { inboxFull, parseClosedStatus } from "./replies.js";

/** How long a call with an operation id may be on its way; shorter than the scripts remember the id. */
export const SEND_WINDOW_MS = 20_000;

export const signalScript = defineScript<
  (limits: StoreContext["limits"]) => SignalReply | { outcome: "expired" }
>(
  {
    name: "signal",
    keys: ["lease", "inbox", "operations", "header", "signalIds"],
    args: [
      "workflowId",
      "name",
      "payload",
      "signalKey",
      "signalId",
      "operationId",
      "notAfterMs",
      "runCap",
      "partitionCap",
    ],
    parse: (reply) => (limits) => {
      switch (reply.tag) {
        case "accepted":
        case "duplicate":
          return { outcome: reply.tag, runId: reply.at(1).text };
        case "closed":
          return { outcome: "closed", runId: reply.at(1).text, status: parseClosedStatus(reply, 2) };
        case "not-found":
        case "expired":
          return { outcome: reply.tag };
        case "inbox-full":
          return inboxFull(reply, limits);
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

/** Appends the signal to the inbox of its run's partition, once, however often the command is sent again. */
export async function signal(context: StoreContext, request: SignalRequest): Promise<SignalReply> {
  const { workflowId, name, signalId } = request;
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    signalScript,
    [keys.lease, keys.inbox, keys.operations, keys.header(workflowId), keys.signalIds(workflowId)],
    [
      workflowId,
      name,
      request.payload,
      signalKey(name, signalId),
      signalId ?? "",
      request.operationId,
      context.redisNowMs() + SEND_WINDOW_MS,
      context.limits.runInboxCap,
      context.limits.partitionInboxCap,
    ],
  );
  const outcome = reply(context.limits);
  if (outcome.outcome === "expired") {
    // Either it was slow, or this process's idea of the Redis clock is wrong; the next signal must not fail for that.
    await context.synchroniseClock();
    throw new OutcomeUnknownError(
      `the signal "${name}" to workflow "${workflowId}" was on its way for over ${SEND_WINDOW_MS} ms; ` +
        `an earlier copy of it may have been accepted`,
      { details: { workflowId } },
    );
  }
  return outcome;
}

/** Field of an accepted signal id. The length of the name comes first, so no two pairs of name and id collide. */
export function signalKey(name: string, signalId: string | undefined): string {
  return signalId === undefined ? "" : `${Buffer.byteLength(name)}:${name}:${signalId}`;
}
