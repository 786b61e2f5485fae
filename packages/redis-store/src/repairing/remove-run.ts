import type { RemoveRunReply, SeenRun } from "@heddle/core";
import { timerMember } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<RemoveRunReply>(
  {
    name: "remove-run",
    keys: [
      ...["timers", "tombstones", "header", "history", "signalIds", "cutOff", "index"],
      ...["attributes", "byAttribute", "memos", "offloaded"],
    ],
    args: ["workflowId", "runId", "type", "status", "member"],
    parse: (reply) => {
      const { tag } = reply;
      if (tag === "removed" || tag === "changed" || tag === "not-found") return { outcome: tag };
      throw reply.unexpected();
    },
  },
  import.meta.url,
);

export function removeRun(context: StoreContext, seen: Omit<SeenRun, "version">): Promise<RemoveRunReply> {
  const { workflowId, runId, type, status } = seen;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(
    script,
    [
      keys.timers,
      keys.tombstones,
      keys.header(workflowId),
      keys.history(workflowId),
      keys.signalIds(workflowId),
      keys.cutOff(workflowId),
      keys.index(type, status),
      keys.attributes,
      keys.byAttribute,
      keys.memos,
      keys.offloaded(workflowId),
    ],
    [workflowId, runId, type, status, timerMember({ kind: "purge", seq: 0, runId, workflowId })],
  );
}
