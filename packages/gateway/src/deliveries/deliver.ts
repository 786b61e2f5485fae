import type { SignalledRun, WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import { jsonReply, PROBLEMS, runId, workflowId } from "../routes/replies.js";
import type { StartRule } from "./settings.js";

/** What came from outside, as the signal that it becomes. */
export interface Delivery {
  readonly workflowId: string;
  /** The id makes a repetition harmless: it is the sender's own name for the event. */
  readonly signal: { readonly name: string; readonly payload: unknown; readonly signalId: string };
  /** Absent: an absent workflow is refused. */
  readonly start?: StartRule | undefined;
  /** What pointers of the start rule look into. */
  readonly document: unknown;
}

/** One atomic step. Errors: those of `signal` or `startOrSignal`, and `InvalidArgumentError` when there is no input. */
export function deliver(client: WorkflowClient, delivery: Delivery): Promise<SignalledRun> {
  const { signal, start, document } = delivery;
  const id = delivery.workflowId;
  if (start === undefined) return client.deliverSignal(id, signal.name, signal.payload, signal);
  const { type, input, onTerminalConflict } = start;
  const value = input === undefined ? undefined : presentAt(input, document, "input");
  return client.startOrSignal(type, value, signal, { id, onTerminalConflict });
}

/** Throws `InvalidArgumentError` that names the pointer when there is nothing. */
export function presentAt(pointer: StartRule["input"] & object, document: unknown, what: string): unknown {
  const value = pointer.find(document);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(
    `the body of this delivery has to hold the ${what} at ${JSON.stringify(pointer.text)}`,
    { details: { field: pointer.text } },
  );
}

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
