import { type Machine, replayReset } from "@heddle/core";
import type { HistoryEvent } from "@heddle/protocol";
import { takeHeld, type RebuildingTurn } from "./rebuilding-turn.js";

/**
 * The first turn of a run that was reset: replays what is left of its history, lets the code decide anew from there,
 * gives it again what was cut off and is to be applied again, and schedules anew what was pending before the cut. All
 * of it is one commit, so that an owner that dies leaves the whole of it to the next.
 */
export async function carryOutReset(
  machine: Machine,
  reset: Parameters<typeof replayReset>[1],
  turn: RebuildingTurn,
): Promise<void> {
  const { buffer } = turn;
  const { inputs, unprocessed, withdrawnUpdates, scheduled } = await replayReset(
    machine,
    reset,
    turn.readOffloaded,
  );
  turn.gather();
  buffer.finishesReset = true;
  buffer.processed += unprocessed;
  for (const updateId of withdrawnUpdates) buffer.updates.push({ updateId, state: "withdrawn" });
  for (const { as, event } of inputs) {
    if (as === "taken") {
      await takeHeld(machine, event, turn);
    } else if (turn.admits(event)) {
      const again: HistoryEvent = { ...event, at: turn.nowMs() };
      buffer.addRecord(again);
      await machine.feed(again);
      turn.gather();
    }
  }
  if (machine.closed !== undefined) return;
  for (const seq of machine.pendingActivities) {
    const before = scheduled.get(seq);
    if (before === undefined) continue;
    const { historyIndex, reference, ...activity } = before;
    if (reference !== undefined) buffer.references.push({ reference, seq });
    const recordIndex = historyIndex - reset.records.length;
    buffer.addScheduledBefore({ ...activity, policy: machine.takePolicy(seq), recordIndex });
  }
}

/** Whether an event that was accepted for a run is of use to the run that it was reset to. */
export function outlivesReset(event: HistoryEvent): boolean {
  return event.kind === "signal" || event.kind === "update";
}
