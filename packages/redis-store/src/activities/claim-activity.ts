import type { ActivityTicket, ClaimReply } from "@heddle/core";
import { CorruptRecordError, decodeHistoryRecord } from "@heddle/protocol";
import { timerMember } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { decodeActivityPolicy } from "./activity-policy-codec.js";

const script = defineScript<ClaimReply>(
  {
    name: "claim-activity",
    keys: ["timers", "activity", "header", "history"],
    args: ["runId", "token", "worker", "livenessMs", "member"],
    parse: (reply) => {
      switch (reply.tag) {
        case "stale":
          return { outcome: "stale" };
        case "go": {
          const record = decodeHistoryRecord(reply.at(7).bytes);
          if (record.kind !== "activity-scheduled") {
            throw new CorruptRecordError(`an activity points to a history record of kind ${record.kind}`);
          }
          const details = reply.at(6).bytes;
          return {
            outcome: "go",
            activity: {
              attempt: reply.at(1).number,
              name: reply.at(2).text,
              policy: decodeActivityPolicy(reply.at(3).text),
              scheduledAtMs: reply.at(4).number,
              claimedAtMs: reply.at(5).number,
              input: record.input,
              ...(details.byteLength === 0 ? {} : { heartbeatDetails: details }),
            },
          };
        }
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

export function claimActivity(
  context: StoreContext,
  request: { ticket: ActivityTicket; worker: string; livenessMs: number },
): Promise<ClaimReply> {
  const { workflowId, runId, seq, token } = request.ticket;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(
    script,
    [keys.timers, keys.activity(runId, seq), keys.header(workflowId), keys.history(workflowId)],
    [
      runId,
      token,
      request.worker,
      request.livenessMs,
      timerMember({ kind: "activity", seq, runId, workflowId }),
    ],
  );
}
