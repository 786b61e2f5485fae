import type { ActivityTicket } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<{ outcome: "handed-over" | "stale" }>(
  {
    name: "hand-over-activity",
    keys: ["activity", "header"],
    args: ["runId", "token"],
    parse: (reply) => {
      if (reply.tag !== "handed-over" && reply.tag !== "stale") throw reply.unexpected();
      return { outcome: reply.tag };
    },
  },
  import.meta.url,
);

export function handOverActivity(context: StoreContext, ticket: ActivityTicket) {
  const { workflowId, runId, seq, token } = ticket;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(script, [keys.activity(runId, seq), keys.header(workflowId)], [runId, token]);
}
