import type { ControlReply } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseControlReply, untilUnchanged } from "./control-reply.js";

const script = defineScript(
  {
    name: "terminate",
    keys: ["lease", "inbox", "held", "versions", "header", "history", "indexBefore", "indexAfter"],
    args: ["workflowId", "operationId", "reason", "expectedType", "expectedStatus"],
    parse: parseControlReply,
  },
  import.meta.url,
);

export function terminate(
  context: StoreContext,
  request: { workflowId: string; operationId: string; reason?: string },
): Promise<ControlReply> {
  const { workflowId, operationId, reason = "" } = request;
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
      ],
      [workflowId, operationId, reason, type, status],
    ),
  );
}
