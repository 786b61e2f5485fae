import {
  CorruptRecordError,
  decodeHistoryRecord,
  InvalidArgumentError,
  isHistoryCommand,
  type HistoryRecord,
} from "@heddle/protocol";
import { pendingWork } from "../replay/pending-work.js";
import { isFed } from "../replay/reset-marks.js";
import type { KeptWork } from "../store/repair-store.js";

/**
 * How many records stay when a history is cut just behind this event.
 * Throws `InvalidArgumentError` naming the nearest event when there is none at that index.
 */
export function cutBehindEvent(records: readonly Uint8Array[], event: number): number {
  const history = records.map(decodeHistoryRecord);
  const record = Number.isInteger(event) ? history[event] : undefined;
  if (isFed(record)) return event + 1;
  const nearest = history.findLastIndex((candidate, index) => index <= event && isFed(candidate));
  const [what, remedy] = [
    record === undefined
      ? `no record ${event}; it has ${history.length}`
      : `${record.kind}, which is no event, at ${event}`,
    nearest === -1 ? "its code has seen no event yet" : `the last event before is record ${nearest}`,
  ];
  throw new InvalidArgumentError(
    `event is ${event}, but the history has ${what}; give the index of an event that the code has seen: ${remedy}`,
    { details: { field: "event", nearest: nearest === -1 ? undefined : nearest } },
  );
}

/**
 * How many records stay when a history is cut just before the failures that ended its run; `undefined` when no
 * activity or step failed. Several count as one when the code had started nothing else since the first of them.
 */
export function cutBeforeFailure(records: readonly Uint8Array[]): number | undefined {
  const history = records.map(decodeHistoryRecord);
  const acceptedAt = acceptedIndexes(history);
  let keep: number | undefined;
  for (let index = history.length - 1; index >= 0; index--) {
    const record = history[index];
    if (record === undefined) break;
    const at = acceptedAt.get(index) ?? index;
    const event = record.kind === "taken" ? eventHeldAt(history, at) : record;
    if (event.kind === "activity-failed" || event.kind === "step-failed") keep = Math.min(at, keep ?? at);
    else if (keep !== undefined && isHistoryCommand(record) && !withdraws(record)) break;
  }
  return keep;
}

/** What a part of a history leaves pending and settled for the run that goes on from its end. */
export function keptWork(records: readonly Uint8Array[]): KeptWork & { readonly isCancelRequested: boolean } {
  const history = records.map(decodeHistoryRecord);
  const dueMs = new Map<number, number>();
  const updates = new Map<string, number | undefined>();
  let isCancelRequested = false;
  let nowMs = 0;
  for (const [index, record] of history.entries()) {
    // Its own time is not recorded; the event that made the code start it is the nearest.
    if (record.kind === "timer-started")
      dueMs.set(record.seq, record.dueMs ?? nowMs + (record.durationMs ?? 0));
    if (record.kind === "update") updates.set(record.updateId, undefined);
    if (record.kind === "update-completed" || record.kind === "update-failed")
      updates.set(record.updateId, index);
    const event = record.kind === "held" ? decodeHistoryRecord(record.event) : record;
    if (event.kind === "cancel-requested") isCancelRequested = true;
    if ("at" in record) nowMs = Math.max(nowMs, record.at);
  }
  return {
    timers: pendingWork(records).timers.map((seq) => ({ seq, dueMs: dueMs.get(seq) ?? nowMs })),
    updates: [...updates].map(([updateId, completedAt]) => ({ updateId, completedAt })),
    isCancelRequested,
  };
}

/** When the run of this history was started, seen by its code or not; `undefined` when it was not. */
export function startOf(records: readonly Uint8Array[]): number | undefined {
  for (const data of records) {
    let record = decodeHistoryRecord(data);
    if (record.kind === "held") record = decodeHistoryRecord(record.event);
    if (record.kind === "started") return record.at;
  }
  return undefined;
}

/** Ids of the signals in it, which stay known. */
export function signalIdsIn(records: readonly Uint8Array[]): { name: string; signalId: string }[] {
  return records.flatMap((data) => {
    let record = decodeHistoryRecord(data);
    if (record.kind === "held") record = decodeHistoryRecord(record.event);
    if (record.kind !== "signal" || record.signalId === undefined) return [];
    return [{ name: record.name, signalId: record.signalId }];
  });
}

/** Index of each `taken` record, with that of the `held` record that it takes. */
function acceptedIndexes(history: readonly HistoryRecord[]): Map<number, number> {
  const held: number[] = [];
  const accepted = new Map<number, number>();
  for (const [index, { kind }] of history.entries()) {
    if (kind === "held") held.push(index);
    if (kind !== "taken" && kind !== "dropped") continue;
    const at = held.shift();
    if (at === undefined) throw new CorruptRecordError(`record ${index} takes an event, none is held`);
    if (kind === "taken") accepted.set(index, at);
  }
  return accepted;
}

function eventHeldAt(history: readonly HistoryRecord[], index: number): HistoryRecord {
  const record = history[index];
  if (record?.kind !== "held") throw new CorruptRecordError(`record ${index} holds no event`);
  return decodeHistoryRecord(record.event);
}

/** A failure makes the code withdraw what ran beside it; that is no answer to it. */
function withdraws(record: HistoryRecord): boolean {
  return record.kind === "activity-cancelled" || record.kind === "timer-cancelled";
}
