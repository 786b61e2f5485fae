import type { ControlReply } from "@heddle/core";
import type { OpenStatus } from "@heddle/protocol";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseControlReply, untilUnchanged } from "./control-reply.js";

const script = defineScript(
  {
    name: "set-suspended",
    keys: ["lease", "inbox", "header", "history", "indexBefore", "indexAfter", "feed"],
    args: ["workflowId", "suspend", "expectedType", "expectedStatus", "statusAfter"],
    parse: parseControlReply,
  },
  import.meta.url,
);

export function setSuspended(
  context: StoreContext,
  workflowId: string,
  suspend: boolean,
): Promise<ControlReply> {
  const keys = context.keys.partitionOf(workflowId);
  const usual: OpenStatus = suspend ? "suspended" : "running";
  return untilUnchanged(({ type, status, statusAfter = usual }) => {
    return context.scripts.run(
      script,
      [
        keys.lease,
        keys.inbox,
        keys.header(workflowId),
        keys.history(workflowId),
        keys.index(type, status),
        keys.index(type, statusAfter),
        keys.feed,
      ],
      [workflowId, suspend ? 1 : 0, type, status, statusAfter],
    );
  });
}
