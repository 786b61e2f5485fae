import type { ControlReply } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseControlReply } from "./control-reply.js";

const script = defineScript(
  {
    name: "request-cancel",
    keys: ["lease", "inbox", "header"],
    args: ["workflowId", "reason"],
    parse: parseControlReply,
  },
  import.meta.url,
);

export async function requestCancel(
  context: StoreContext,
  request: { workflowId: string; reason?: string },
): Promise<ControlReply> {
  const { workflowId, reason = "" } = request;
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [keys.lease, keys.inbox, keys.header(workflowId)],
    [workflowId, reason],
  );
  if (reply.outcome === "changed") throw new TypeError("request-cancel expects nothing of the run");
  return reply;
}
