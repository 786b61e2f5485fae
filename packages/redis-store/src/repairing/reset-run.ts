import type { ResetRunReply, ResetRunRequest } from "@heddle/core";
import { isClosedStatus } from "@heddle/protocol";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { packr, timerList, updateList } from "./kept-work.js";

const script = defineScript<ResetRunReply>(
  {
    name: "reset-run",
    keys: [
      "lease",
      "inbox",
      "timers",
      "held",
      "header",
      "history",
      "cutOff",
      "signalIds",
      "versions",
      "indexBefore",
      "indexAfter",
      "messages",
      "children",
      "feed",
    ],
    args: [
      "workflowId",
      "newRunId",
      "runId",
      "status",
      "keep",
      "reapply",
      "reason",
      "version",
      "keepCancel",
      "unprocessed",
      "timers",
      "updates",
    ],
    parse: (reply) => {
      switch (reply.tag) {
        case "reset":
          return { outcome: "reset", runId: reply.at(1).text };
        case "not-found":
        case "changed":
          return { outcome: reply.tag };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export function resetRun(context: StoreContext, request: ResetRunRequest): Promise<ResetRunReply> {
  const { workflowId, seen, kept } = request;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(
    script,
    [
      keys.lease,
      keys.inbox,
      keys.timers,
      keys.held,
      keys.header(workflowId),
      keys.history(workflowId),
      keys.cutOff(workflowId),
      keys.signalIds(workflowId),
      keys.versions,
      keys.index(seen.type, seen.status),
      keys.index(seen.type, "pending"),
      keys.messages,
      keys.children(workflowId),
      keys.feed,
    ],
    [
      workflowId,
      request.newRunId,
      seen.runId,
      seen.status,
      request.keep,
      request.reapply,
      request.reason ?? "",
      request.version ?? "",
      kept.isCancelRequested ? "1" : "",
      isClosedStatus(seen.status) ? request.unprocessed : "",
      packr.pack(timerList(kept)),
      packr.pack(updateList(kept)),
    ],
  );
}
