import type { SignalledRun } from "@heddle/core";
import { z } from "zod";
import { jsonReply, PROBLEMS, runId, workflowId } from "../routes/replies.js";

/** What a sender is told of a delivery that was not refused. */
export const receipt = z
  .object({
    id: workflowId.optional(),
    runId: runId.optional(),
    outcome: z.enum(["started", "signalled", "duplicate", "ignored"]),
  })
  .meta({ id: "DeliveryReceipt" });
export type Receipt = z.infer<typeof receipt>;

export const RECEIPTS = {
  202: jsonReply("Accepted: the workflow was started with it, or has it as a signal", receipt),
  200: jsonReply("Duplicate: accepted before; or ignored, as the configuration says", receipt),
  ...PROBLEMS,
} as const;

export function receiptOf({ workflowId, runId, outcome }: SignalledRun): Receipt {
  return { id: workflowId, runId, outcome };
}

export function receiptStatus({ outcome }: Receipt): 200 | 202 {
  return outcome === "started" || outcome === "signalled" ? 202 : 200;
}
