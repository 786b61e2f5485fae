import type { RemoveRunReply, SeenRun } from "@heddle/core";
import { FORGET_RUN_KEYS, forgetRunKeys } from "../forget-run.js";
import { timerMember } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<RemoveRunReply>(
  {
    name: "remove-run",
    keys: ["timers", ...FORGET_RUN_KEYS],
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
    [keys.timers, ...forgetRunKeys(keys, { workflowId, type, status })],
    [workflowId, runId, type, status, timerMember({ kind: "purge", seq: 0, runId, workflowId })],
  );
}
