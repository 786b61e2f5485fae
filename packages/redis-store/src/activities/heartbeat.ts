import type { HeartbeatRequest } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<{ outcome: "alive" | "stale" }>(
  {
    name: "heartbeat",
    keys: ["activity", "header"],
    args: ["runId", "token", "fromActivity", "hasDetails", "details"],
    parse: (reply) => {
      if (reply.tag !== "alive" && reply.tag !== "stale") throw reply.unexpected();
      return { outcome: reply.tag };
    },
  },
  import.meta.url,
);

export function heartbeat(
  context: StoreContext,
  request: HeartbeatRequest,
): Promise<{ outcome: "alive" | "stale" }> {
  const { ticket, details, fromActivity } = request;
  const keys = context.keys.partitionOf(ticket.workflowId);
  return context.scripts.run(
    script,
    [keys.activity(ticket.runId, ticket.seq), keys.header(ticket.workflowId)],
    [ticket.runId, ticket.token, fromActivity ? 1 : 0, details === undefined ? 0 : 1, details ?? ""],
  );
}
