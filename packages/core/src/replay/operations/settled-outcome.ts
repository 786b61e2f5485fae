import type { SettledOutcome } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";

/** An outcome in the shape that `Promise.allSettled` has made known. */
export function settledOf(outcome: Outcome): SettledOutcome<unknown> {
  return outcome.ok
    ? { status: "fulfilled", value: outcome.value }
    : { status: "rejected", reason: outcome.error };
}
