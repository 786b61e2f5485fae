import type { ChildClosedRequest } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<{ readonly outcome: "settled" | "stale" }>(
  {
    name: "child-closed",
    keys: ["lease", "inbox", "header", "children"],
    args: ["workflowId", "runId", "seq", "childRunId", "status", "record"],
    parse: (reply) => {
      switch (reply.tag) {
        case "settled":
        case "stale":
          return { outcome: reply.tag };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export function childClosed(context: StoreContext, request: ChildClosedRequest) {
  const { workflowId, runId, seq } = request.parent;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(
    script,
    [keys.lease, keys.inbox, keys.header(workflowId), keys.children(workflowId)],
    [workflowId, runId, seq, request.child.runId, request.child.status, request.record],
  );
}
