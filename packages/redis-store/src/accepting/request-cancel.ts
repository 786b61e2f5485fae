import type { CancelRequest, ControlReply } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseControlReply } from "./control-reply.js";
import { deliveryKeys, lateDelivery } from "./delivery.js";

const script = defineScript(
  {
    name: "request-cancel",
    keys: ["lease", "inbox", "header", "…delivery"],
    args: ["workflowId", "reason", "expectedRun", "notAfterMs"],
    parse: (reply) => (reply.tag === "expired" ? { outcome: "expired" as const } : parseControlReply(reply)),
  },
  import.meta.url,
);

export async function requestCancel(context: StoreContext, request: CancelRequest): Promise<ControlReply> {
  const { workflowId, reason = "", runId = "", delivery } = request;
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [keys.lease, keys.inbox, keys.header(workflowId), ...deliveryKeys(keys, delivery)],
    [workflowId, reason, runId, delivery?.notAfterMs ?? ""],
  );
  if (reply.outcome === "expired") throw lateDelivery(workflowId);
  if (reply.outcome === "changed") throw new TypeError("request-cancel expects nothing of the run");
  return reply;
}
