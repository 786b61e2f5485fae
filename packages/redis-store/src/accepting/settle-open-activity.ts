import type { SettleOpenActivityReply, SettleOpenActivityRequest } from "@heddle/core";
import { encodePayload } from "@heddle/protocol";
import { timerMember } from "../keys.js";
import { defineScript, type ScriptArgument } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { locateActivity, parseRefusal } from "./open-activity.js";

const script = defineScript<SettleOpenActivityReply>(
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
      if (reply.tag === "settled" || reply.tag === "retrying") return { outcome: reply.tag };
      if (reply.tag !== "settled-before") return parseRefusal(reply);
      const answer = reply.at(1).text === "retrying" ? "retrying" : "settled";
      return { outcome: "settled-before", answer, mark: reply.at(2).bytes };
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
  return context.scripts.run(
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
}

/** Data, and what the retry policy looks at. */
function settlementArguments(settlement: SettleOpenActivityRequest["settlement"]): ScriptArgument[] {
  if (settlement.outcome === "completed") return [settlement.result, "", ""];
  const { failure } = settlement;
  return [encodePayload(failure), failure.name, settlement.ownDelayMs ?? ""];
}
