import { inspect, isDeepStrictEqual } from "node:util";
import type { HistoryEntry } from "heddle";
import type { ExecutedRun } from "./executed-run.js";

/** Where a crashed run differs first from the one that nothing disturbed. */
export interface Divergence {
  readonly message: string;
  /** Of the record, from 0; absent when the histories agree. */
  readonly index?: number;
  readonly recorded?: string;
  readonly decided?: string;
}

/** Happen outside of the code: in which order they arrive is not its decision. */
const SETTLING = new Set([
  ...["activity-completed", "activity-failed", "step-completed", "step-failed"],
  ...["timer-fired", "signal", "update"],
]);
/** What the code hands out. */
const PAYLOADS = ["input", "result"] as const;
const MAX_SHOWN_CHARACTERS = 200;

export function divergenceOf(undisturbed: ExecutedRun, crashed: ExecutedRun): Divergence | undefined {
  // The owner compared the code with the history itself, and stopped at the difference.
  if (crashed.heldReason !== undefined) return { message: crashed.heldReason };
  const difference = firstDifference(undisturbed.history, crashed.history);
  if (difference !== undefined && difference !== "other-order") return difference;
  if (undisturbed.status !== crashed.status) {
    return differing("its status", undisturbed.status, crashed.waitsFor ?? crashed.status);
  }
  return undefined;
}

function firstDifference(
  undisturbed: readonly HistoryEntry[],
  crashed: readonly HistoryEntry[],
): Divergence | "other-order" | undefined {
  let sameWorld = true;
  for (let index = 0; index < Math.max(undisturbed.length, crashed.length); index++) {
    const [left, right] = [undisturbed[index], crashed[index]];
    const [recorded, decided] = [summary(left), summary(right)];
    if (recorded !== decided) {
      if (isSettling(left) && isSettling(right)) return "other-order";
      return { ...differing(`record ${index}`, recorded, decided), index };
    }
    if (left === undefined || right === undefined || !sameWorld) continue;
    const field = PAYLOADS.find((name) => !isDeepStrictEqual(left[name], right[name]));
    if (field === undefined) continue;
    // A stand-in answered otherwise: what the code makes of that is not compared.
    if (isSettling(left)) sameWorld = false;
    else {
      const difference = differing(
        `the ${field} of record ${index} (${recorded})`,
        shown(left[field]),
        shown(right[field]),
      );
      return { ...difference, index };
    }
  }
  return undefined;
}

function differing(what: string, recorded: string, decided: string): Divergence {
  return { message: `${what} is ${recorded} without the kill, and ${decided} with it`, recorded, decided };
}

function isSettling(entry: HistoryEntry | undefined): boolean {
  return entry !== undefined && SETTLING.has(entry.kind);
}

function summary(entry: HistoryEntry | undefined): string {
  if (entry === undefined) return "nothing";
  const { kind, seq, name } = entry;
  return [kind, seq, name === undefined ? undefined : JSON.stringify(name)]
    .filter((part) => part !== undefined)
    .map(String)
    .join(" ");
}

function shown(value: unknown): string {
  return inspect(value, { depth: 5, breakLength: Number.POSITIVE_INFINITY }).slice(0, MAX_SHOWN_CHARACTERS);
}
