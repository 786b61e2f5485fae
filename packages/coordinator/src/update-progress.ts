import type { Machine, TurnCommit, UpdateProgress } from "@heddle/core";
import { encodePayload, type HistoryEvent } from "@heddle/protocol";
import type { TurnBuffer } from "./turn-buffer.js";

/** Asks the code whether it takes the update; an update that comes after its end is left to the closed run. */
export function judgeUpdate(
  machine: Machine,
  event: Extract<HistoryEvent, { kind: "update" }>,
): UpdateProgress {
  const { updateId } = event;
  if (machine.closed !== undefined) return { updateId, state: "abandoned" };
  const refusal = machine.refusalOf(event);
  return refusal === undefined
    ? { updateId, state: "accepted" }
    : { updateId, state: "rejected", failure: encodePayload(refusal, { what: "refusal of an update" }) };
}

/**
 * What a commit says about updates. Only the last state of each is written: one that is accepted and completed in the
 * same turn is completed. `abandoned`: those that the turn's end of the run leaves open.
 */
export function updatesOf(
  { updates }: TurnBuffer,
  abandoned: readonly string[],
): Pick<TurnCommit, "updates"> {
  if (updates.length + abandoned.length === 0) return {};
  const last = new Map(updates.map((update) => [update.updateId, update]));
  const left = abandoned.map((updateId): UpdateProgress => ({ updateId, state: "abandoned" }));
  // One that was accepted in this very turn keeps that state, and its callers look for themselves.
  return { updates: [...last.values(), ...left] };
}
