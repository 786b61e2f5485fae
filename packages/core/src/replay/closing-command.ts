import { CancelledError, encodePayload, failureOf, type HistoryCommand } from "@heddle/protocol";
import type { Outcome } from "./outcome.js";

/** How a run ends: the last record of its history. */
export type ClosingCommand = Extract<
  HistoryCommand,
  { kind: "completed" | "failed" | "cancelled" | "continued" }
>;

/** What the outcome of its code makes of a run; a result that cannot be stored makes it fail. */
export function closingOf(
  outcome: Outcome,
  run: { readonly nowMs: number; readonly maxPayloadBytes: number; readonly isCancelRequested: boolean },
): ClosingCommand {
  const at = run.nowMs;
  try {
    if (outcome.ok) {
      const limit = { what: "result of the workflow", maxBytes: run.maxPayloadBytes };
      return { kind: "completed", at, result: encodePayload(outcome.value, limit) };
    }
  } catch (error) {
    return { kind: "failed", at, failure: failureOf(error) };
  }
  // Code that lets the cancellation through ends as cancelled; any other error is its own.
  const cancelled = outcome.error instanceof CancelledError && run.isCancelRequested;
  return { kind: cancelled ? "cancelled" : "failed", at, failure: failureOf(outcome.error) };
}
