import type { SetAttributesReply, SetAttributesRequest } from "@heddle/core";
import { MAX_ATTRIBUTES, OutcomeUnknownError } from "@heddle/protocol";
import { defineScript } from "../script.js";
import { changesArgument, packed } from "../search/terms.js";
import type { StoreContext } from "../store-context.js";
import { parseClosedStatus, parseRunStatus } from "./replies.js";
import { SEND_WINDOW_MS } from "./signal.js";

const script = defineScript<SetAttributesReply | { readonly outcome: "expired" }>(
  {
    name: "set-attributes",
    keys: ["operations", "header", "attributes", "byAttribute"],
    args: ["workflowId", "operationId", "notAfterMs", "changes", "limit"],
    parse: (reply) => {
      switch (reply.tag) {
        case "applied":
          return { outcome: "applied", runId: reply.at(1).text, status: parseRunStatus(reply, 2) };
        case "closed":
          return { outcome: "closed", runId: reply.at(1).text, status: parseClosedStatus(reply, 2) };
        case "too-many":
          return { outcome: "too-many", count: reply.at(1).number };
        case "not-found":
          return { outcome: "not-found" };
        case "expired":
          return { outcome: "expired" };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

/** Once, however often the command is sent again: a copy that comes late must not undo what came after the first. */
export async function setAttributes(
  context: StoreContext,
  { workflowId, operationId, attributes }: SetAttributesRequest,
): Promise<SetAttributesReply> {
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [keys.operations, keys.header(workflowId), keys.attributes, keys.byAttribute],
    [
      workflowId,
      operationId,
      context.redisNowMs() + SEND_WINDOW_MS,
      packed(changesArgument(attributes)),
      MAX_ATTRIBUTES,
    ],
  );
  if (reply.outcome !== "expired") return reply;
  await context.synchroniseClock();
  throw new OutcomeUnknownError(
    `attributes for workflow "${workflowId}" were on their way for over ${SEND_WINDOW_MS} ms; ` +
      `an earlier copy of the call may have been applied`,
    { details: { workflowId } },
  );
}
