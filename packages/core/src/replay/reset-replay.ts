import {
  CorruptRecordError,
  decodeHistoryRecord,
  isHistoryEvent,
  type HistoryEvent,
  type HistoryRecord,
} from "@heddle/protocol";
import type { Machine } from "./machine.js";
import { pendingWork } from "./pending-work.js";
import { feedRecorded, type ReadOffloaded, readsNothing, replayHistory } from "./replay-history.js";
import { isFed, type ResetMark } from "./reset-marks.js";

/** A run whose history was cut by a reset that no commit of its owner has carried out yet. */
export interface UnfinishedReset {
  /** Its history; since the mark nothing was added but what was held. */
  readonly records: readonly Uint8Array[];
  /** What the reset cut off. */
  readonly cutOff: readonly Uint8Array[];
}

/** What the code of a run that was reset is fed next, in order. */
type ResetInput =
  /** Held in its history; `taken` says that the code sees it now. */
  | { readonly as: "taken"; readonly event: HistoryEvent }
  /** Cut off, and accepted again. */
  | { readonly as: "again"; readonly event: HistoryEvent };

export interface ReplayedReset {
  readonly inputs: readonly ResetInput[];
  /** Accepted events that the code of no run has counted as processed; all of them are dealt with now. */
  readonly unprocessed: number;
  /** Ids of updates that were accepted and completed in what was cut off. */
  readonly withdrawnUpdates: readonly string[];
  /** What was scheduled before the cut and may be pending still, by sequence number. */
  readonly scheduled: ReadonlyMap<number, ScheduledBefore>;
}

interface ScheduledBefore {
  readonly seq: number;
  readonly name: string;
  readonly queue: string;
  readonly reference: string | undefined;
  /** Of its record, in the history of the run. */
  readonly historyIndex: number;
}

/**
 * Rebuilds a machine from what a reset has left of a history. An event directly before the mark is fed as if it came
 * now: what the code decides by it is in `takeCommands`. Everything before it is compared as `replayHistory` does.
 */
export async function replayReset(
  machine: Machine,
  reset: UnfinishedReset,
  readOffloaded: ReadOffloaded = readsNothing,
): Promise<ReplayedReset> {
  const history = reset.records.map(decodeHistoryRecord);
  const cut = history.findLastIndex((record) => record.kind === "reset");
  const mark = history[cut];
  if (mark?.kind !== "reset") throw new CorruptRecordError("a run that was reset has no mark of it");
  const decidesAnew = isFed(history[cut - 1]);
  const kept = decidesAnew ? cut - 1 : cut;
  machine.keepPolicies();
  // As the first mark says; marks before this one are found by the replay.
  const first = history.find((record) => record.kind === "reset");
  machine.reseed(first?.kind === "reset" ? first.fromRunId : mark.fromRunId);
  const replayed = [...reset.records.slice(0, kept), ...reset.records.slice(cut + 1)];
  const held = await replayHistory(machine, replayed, readOffloaded);
  machine.reseed(mark.runId);
  const last = history[cut - 1];
  if (decidesAnew && last !== undefined) {
    const event = isHistoryEvent(last) ? last : held.shift();
    if (event === undefined) throw new CorruptRecordError("a taken event was not held before");
    await feedRecorded(machine, event, readOffloaded);
  }
  const heldLater = held.splice(held.length - history.slice(cut + 1).filter(isHeld).length);
  const cutOff = reset.cutOff.map(decodeHistoryRecord);
  const before = pendingWork(reset.records.slice(0, cut));
  const pending = new Set([...before.activities, ...before.steps]);
  return {
    inputs: [
      ...held.map((event) => ({ as: "taken" as const, event })),
      ...acceptedAgain(cutOff, { heldBefore: held.length, mark, pending }),
      ...heldLater.map((event) => ({ as: "taken" as const, event })),
    ],
    withdrawnUpdates: withdrawnUpdates(history, cutOff),
    unprocessed: countUntaken([...reset.records, ...reset.cutOff]),
    scheduled: scheduledIn(history.slice(0, cut)),
  };
}

/** Whose activities and timers may be left over: the run that was reset, and those that it was reset from before. */
export function leftovers(reset: UnfinishedReset): readonly {
  readonly runId: string;
  readonly activities: readonly number[];
  readonly timers: readonly number[];
}[] {
  const [mark] = reset.records.map(decodeHistoryRecord).filter(isReset).slice(-1);
  const replaced = [mark, ...reset.cutOff.map(decodeHistoryRecord).filter(isReset)];
  const { activities, timers } = pendingWork([...reset.records, ...reset.cutOff]);
  return replaced.flatMap((reset) =>
    // A fork leaves its original alone.
    reset === undefined || reset.fromWorkflowId !== undefined
      ? []
      : [{ runId: reset.fromRunId, activities, timers }],
  );
}

/** What of the cut off part the code gets again, by the mark; what no code has seen is always among it. */
function acceptedAgain(
  cutOff: readonly HistoryRecord[],
  options: { heldBefore: number; mark: ResetMark; pending: ReadonlySet<number> },
): ResetInput[] {
  const { reapply } = options.mark;
  const completed = new Set(completedIn(cutOff));
  const isAppliedAgain = (event: HistoryEvent): boolean => {
    switch (event.kind) {
      case "signal":
        return reapply !== "none";
      case "update":
        // Its caller still waits for an answer.
        return !completed.has(event.updateId);
      case "activity-completed":
      case "step-completed":
        return reapply === "outcomes" && options.pending.has(event.seq);
      default:
        return false;
    }
  };
  const again: HistoryEvent[] = [];
  // `undefined`: held before the cut, so it is taken from there.
  const untaken: (HistoryEvent | undefined)[] = Array.from({ length: options.heldBefore }, () => undefined);
  for (const record of cutOff) {
    if (record.kind === "held") {
      const event = decodeHistoryRecord(record.event);
      if (isHistoryEvent(event)) untaken.push(event);
    } else if (record.kind === "dropped") {
      untaken.shift();
    } else {
      const event = record.kind === "taken" ? untaken.shift() : record;
      if (event !== undefined && isHistoryEvent(event) && isAppliedAgain(event)) again.push(event);
    }
  }
  const unseen = untaken.filter((event) => event?.kind === "signal" || event?.kind === "update");
  return [...again, ...unseen].flatMap((event) =>
    event === undefined ? [] : [{ as: "again" as const, event }],
  );
}

function withdrawnUpdates(history: readonly HistoryRecord[], cutOff: readonly HistoryRecord[]): string[] {
  const kept = new Set<string>();
  for (const record of history) {
    const event = record.kind === "held" ? decodeHistoryRecord(record.event) : record;
    if (event.kind === "update") kept.add(event.updateId);
  }
  return completedIn(cutOff).filter((updateId) => !kept.has(updateId));
}

function completedIn(history: readonly HistoryRecord[]): string[] {
  return history.flatMap((record) =>
    record.kind === "update-completed" || record.kind === "update-failed" ? [record.updateId] : [],
  );
}

/** Accepted events that were held and that no code has processed. */
export function countUntaken(records: readonly Uint8Array[]): number {
  const kinds = records.map((record) => decodeHistoryRecord(record).kind);
  return (
    kinds.filter((kind) => kind === "held").length -
    kinds.filter((kind) => kind === "taken" || kind === "dropped").length
  );
}

function scheduledIn(history: readonly HistoryRecord[]): Map<number, ScheduledBefore> {
  const scheduled = new Map<number, ScheduledBefore>();
  for (const [historyIndex, record] of history.entries()) {
    if (record.kind !== "activity-scheduled") continue;
    const { seq, name, queue, reference } = record;
    scheduled.set(seq, { seq, name, queue, reference, historyIndex });
  }
  return scheduled;
}

function isHeld(record: HistoryRecord): boolean {
  return record.kind === "held";
}
function isReset(record: HistoryRecord): record is ResetMark {
  return record.kind === "reset";
}
