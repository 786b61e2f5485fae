import { type LoadedRun, type Machine, replayHistory } from "@heddle/core";
import { takeHeld, type RebuildingTurn } from "./rebuilding-turn.js";
import { carryOutReset } from "./reset-turn.js";

/** Replays the history of a run, then lets the code see what was held back from it. */
export async function rebuildRun(machine: Machine, loaded: LoadedRun, turn: RebuildingTurn): Promise<void> {
  const { records, cutOff } = loaded;
  if (cutOff !== undefined) return carryOutReset(machine, { records, cutOff }, turn);
  const held = await replayHistory(machine, records, turn.readOffloaded);
  turn.buffer.processed += held.length;
  for (const event of held) await takeHeld(machine, event, turn);
}
