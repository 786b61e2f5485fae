import type { Machine, ReadOffloaded } from "@heddle/core";
import type { HistoryEvent } from "@heddle/protocol";
import type { TurnBuffer } from "./turn-buffer.js";

/** The turn that a run begins with when it is rebuilt. */
export interface RebuildingTurn {
  readonly buffer: TurnBuffer;
  /** Moves what the code decided into the buffer. */
  gather(): void;
  /** Whether the code is to see the event. */
  admits(event: HistoryEvent): boolean;
  readonly readOffloaded: ReadOffloaded;
  /** Redis time. */
  nowMs(): number;
}

/** The code sees an event that its history holds. */
export async function takeHeld(machine: Machine, event: HistoryEvent, turn: RebuildingTurn): Promise<void> {
  if (!turn.admits(event)) {
    turn.buffer.addRecord({ kind: "dropped", at: turn.nowMs() });
    return;
  }
  turn.buffer.addRecord({ kind: "taken", at: turn.nowMs() });
  await machine.feed(event);
  turn.gather();
}
