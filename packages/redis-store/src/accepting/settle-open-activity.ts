import type { SettleOpenActivityReply, SettleOpenActivityRequest } from "@heddle/core";
import { encodePayload } from "@heddle/protocol";
import { timerMember } from "../keys.js";
import { freeSlot, slotIn, type Slot } from "../limits/limits.js";
import { defineScript, type ScriptArgument } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { locateActivity, parseRefusal } from "./open-activity.js";

const script = defineScript<{ readonly reply: SettleOpenActivityReply; readonly slot?: Slot | undefined }>(
  {
    name: "settle-open-activity",
    keys: ["lease", "inbox", "timers", "operations", "header", "activity", "signalIds"],
    args: [
      "workflowId",
      "runId",
      "seq",
      "member",
      "token",
      "referenceField",
      "referenceValue",
      "operationId",
      "outcome",
      "data",
      "failureName",
      "ownDelayMs",
      "random",
      "mark",
    ],
    parse: (reply) => {
      if (reply.tag === "settled" || reply.tag === "retrying") {
        return { reply: { outcome: reply.tag }, slot: slotIn(reply, 1) };
      }
      if (reply.tag !== "settled-before") return { reply: parseRefusal(reply) };
      const answer = reply.at(1).text === "retrying" ? "retrying" : "settled";
      return { reply: { outcome: "settled-before", answer, mark: reply.at(2).bytes } };
    },
  },
  import.meta.url,
);

export async function settleOpenActivity(
  context: StoreContext,
  { activity, operationId, settlement, mark }: SettleOpenActivityRequest,
): Promise<SettleOpenActivityReply> {
  const { workflowId } = activity;
  const keys = context.keys.partitionOf(workflowId);
  const located = await locateActivity(context, activity);
  const { runId, seq } = located;
  const { reply, slot } = await context.scripts.run(
    script,
    [
      ...[keys.lease, keys.inbox, keys.timers, keys.operations],
      ...[keys.header(workflowId), keys.activity(runId, seq), keys.signalIds(workflowId)],
    ],
    [
      workflowId,
      runId,
      seq,
      timerMember({ kind: "activity", seq, runId, workflowId }),
      located.token,
      located.referenceField,
      located.referenceValue,
      operationId,
      settlement.outcome,
      ...settlementArguments(settlement),
      Math.random(),
      mark,
    ],
  );
  if (slot !== undefined) await freeSlot(context, slot);
  return reply;
}

/** Data, and what the retry policy looks at. */
function settlementArguments(settlement: SettleOpenActivityRequest["settlement"]): ScriptArgument[] {
  if (settlement.outcome === "completed") return [settlement.result, "", ""];
  const { failure } = settlement;
  return [encodePayload(failure), failure.name, settlement.ownDelayMs ?? ""];
}
