import { decodeHistoryRecord } from "@heddle/protocol";

/** Activities that a history scheduled and that neither settled nor were cancelled, by seq. */
export function pendingActivitySeqs(records: readonly Uint8Array[]): number[] {
  const pending = new Set<number>();
  for (const data of records) {
    let record = decodeHistoryRecord(data);
    if (record.kind === "held") record = decodeHistoryRecord(record.event);
    if (record.kind === "activity-scheduled") pending.add(record.seq);
    if (
      record.kind === "activity-completed" ||
      record.kind === "activity-failed" ||
      record.kind === "activity-cancelled"
    ) {
      pending.delete(record.seq);
    }
  }
  return [...pending];
}
