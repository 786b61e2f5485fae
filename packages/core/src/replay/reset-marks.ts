import { isHistoryEvent, type HistoryRecord } from "@heddle/protocol";

export type ResetMark = Extract<HistoryRecord, { kind: "reset" }>;

/** Whether the code was fed an event here. */
export function isFed(record: HistoryRecord | undefined): boolean {
  return record !== undefined && (isHistoryEvent(record) || record.kind === "taken");
}

/**
 * By which seeds a history draws its random numbers: from its beginning (absent when it is that of its own run id), and
 * from the index of some records on. Each reset begins a sequence, so that what is decided anew takes no id twice; a
 * reset behind an event begins it with that event, because what the code decides by it is decided anew.
 */
export function seedsOf(history: readonly HistoryRecord[]): {
  readonly first: string | undefined;
  readonly from: ReadonlyMap<number, string>;
} {
  let first: string | undefined;
  const from = new Map<number, string>();
  for (const [index, record] of history.entries()) {
    if (record.kind !== "reset") continue;
    first ??= record.fromRunId;
    from.set(isFed(history[index - 1]) ? index - 1 : index, record.runId);
  }
  return { first, from };
}
