import type { HeartbeatOpenActivityReply, OpenActivity } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { locateActivity, parseRefusal } from "./open-activity.js";

const script = defineScript<HeartbeatOpenActivityReply>(
  {
    name: "heartbeat-open-activity",
    keys: ["header", "activity", "signalIds"],
    args: ["runId", "token", "referenceField", "referenceValue", "hasDetails", "details"],
    parse: (reply) => (reply.tag === "alive" ? { outcome: "alive" } : parseRefusal(reply)),
  },
  import.meta.url,
);

export async function heartbeatOpenActivity(
  context: StoreContext,
  activity: OpenActivity,
  details: Uint8Array | undefined,
): Promise<HeartbeatOpenActivityReply> {
  const { workflowId } = activity;
  const keys = context.keys.partitionOf(workflowId);
  const { runId, seq, token, referenceField, referenceValue } = await locateActivity(context, activity);
  return context.scripts.run(
    script,
    [keys.header(workflowId), keys.activity(runId, seq), keys.signalIds(workflowId)],
    [runId, token, referenceField, referenceValue, details === undefined ? 0 : 1, details ?? ""],
  );
}
