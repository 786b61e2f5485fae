import type { ControlReply, TerminateRequest } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseControlReply, untilUnchanged } from "./control-reply.js";

const script = defineScript(
  {
    name: "terminate",
    keys: [
      ...["lease", "inbox", "held", "versions", "header", "history", "indexBefore", "indexAfter"],
      ...["messages", "children", "feed"],
    ],
    args: ["workflowId", "operationId", "reason", "expectedType", "expectedStatus", "expectedRun"],
    parse: parseControlReply,
  },
  import.meta.url,
);

export function terminate(context: StoreContext, request: TerminateRequest): Promise<ControlReply> {
  const { workflowId, operationId, reason = "", runId = "" } = request;
  const keys = context.keys.partitionOf(workflowId);
  return untilUnchanged(({ type, status }) =>
    context.scripts.run(
      script,
      [
        keys.lease,
        keys.inbox,
        keys.held,
        keys.versions,
        keys.header(workflowId),
        keys.history(workflowId),
        keys.index(type, status),
        keys.index(type, "terminated"),
        keys.messages,
        keys.children(workflowId),
        keys.feed,
      ],
      [workflowId, operationId, reason, type, status, runId],
    ),
  );
}
