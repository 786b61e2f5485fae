import type { ClaimReply, ClaimRequest } from "@heddle/core";
import { CorruptRecordError, decodeHistoryRecord } from "@heddle/protocol";
import { timerMember } from "../keys.js";
import { freeSlot, takeSlot } from "../limits/limits.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { decodeActivityPolicy } from "./activity-policy-codec.js";

type Reply = ClaimReply | { readonly outcome: "limited"; readonly limits: string; readonly queue: string };

const script = defineScript<Reply>(
  {
    name: "claim-activity",
    keys: ["timers", "activity", "header", "history"],
    args: ["runId", "token", "worker", "livenessMs", "member", "slot", "claimByMs"],
    parse: (reply) => {
      switch (reply.tag) {
        case "stale":
          return { outcome: "stale" };
        case "limited":
          return { outcome: "limited", limits: reply.at(1).text, queue: reply.at(2).text };
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

/**
 * An activity with limits needs a slot first, which lives elsewhere: it is taken, and the claim says whether it still
 * counts. A slot whose claim does not happen is freed here or, when this process dies, found by looking.
 */
export async function claimActivity(context: StoreContext, request: ClaimRequest): Promise<ClaimReply> {
  let slot: Awaited<ReturnType<typeof takeSlot>>;
  for (;;) {
    const reply = await tryClaim(context, request, slot);
    // Taken for an attempt that is another's by now, or too long ago.
    if (slot !== undefined && reply.outcome !== "go") await freeSlot(context, slot, { wasUnused: true });
    if (reply.outcome !== "limited") return reply;
    slot = await takeSlot(context, { ...reply, ticket: request.ticket });
    if (slot === undefined) return { outcome: "parked" };
  }
}

function tryClaim(
  context: StoreContext,
  request: ClaimRequest,
  slot: { readonly slot: string; readonly claimByMs: number } | undefined,
): Promise<Reply> {
  const { workflowId, runId, seq, token } = request.ticket;
  const keys = context.keys.partitionOf(workflowId);
  return context.scripts.run(
    script,
    [keys.timers, keys.activity(runId, seq), keys.header(workflowId), keys.history(workflowId)],
    [
      runId,
      token,
      request.worker,
      request.livenessMs ?? "",
      timerMember({ kind: "activity", seq, runId, workflowId }),
      slot?.slot ?? "",
      slot?.claimByMs ?? "",
    ],
  );
}
