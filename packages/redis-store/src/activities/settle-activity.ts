import type { Settlement, SettleRequest } from "@heddle/core";
import { encodePayload } from "@heddle/protocol";
import { timerMember } from "../keys.js";
import { freeSlot, slotIn, type Slot } from "../limits/limits.js";
import { defineScript, type ScriptArgument } from "../script.js";
import type { StoreContext } from "../store-context.js";

interface Reply {
  readonly outcome: "settled" | "retrying" | "stale";
  readonly slot: Slot | undefined;
}

const script = defineScript<Reply>(
  {
    name: "settle-activity",
    keys: ["lease", "inbox", "timers", "activity", "header"],
    args: ["workflowId", "runId", "seq", "token", "member", "outcome", "data", "delayMs"],
    parse: (reply) => {
      if (reply.tag !== "settled" && reply.tag !== "retrying" && reply.tag !== "stale")
        throw reply.unexpected();
      return { outcome: reply.tag, slot: slotIn(reply, 1) };
    },
  },
  import.meta.url,
);

export async function settleActivity(context: StoreContext, { ticket, settlement }: SettleRequest) {
  const { workflowId, runId, seq, token } = ticket;
  const keys = context.keys.partitionOf(workflowId);
  const { outcome, slot } = await context.scripts.run(
    script,
    [keys.lease, keys.inbox, keys.timers, keys.activity(runId, seq), keys.header(workflowId)],
    [
      workflowId,
      runId,
      seq,
      token,
      timerMember({ kind: "activity", seq, runId, workflowId }),
      settlement.outcome,
      ...dataOf(settlement),
    ],
  );
  if (slot !== undefined) await freeSlot(context, slot);
  return { outcome };
}

/** Data and delay as the script takes them. A failure is small and ours, so its size is not limited here. */
function dataOf(settlement: Settlement): [ScriptArgument, number] {
  switch (settlement.outcome) {
    case "completed":
      return [settlement.result, 0];
    case "failed":
      return [encodePayload(settlement.failure), 0];
    case "retry":
      return [encodePayload(settlement.failure), settlement.delayMs];
    case "returned":
      return [encodePayload({ name: "Returned", message: settlement.reason }), settlement.delayMs];
  }
}
