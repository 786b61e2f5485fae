import { assertWorkflowId, decodeHistoryRecord, type WorkflowSummary } from "@heddle/protocol";
import type { AcceptingStore } from "../store/accepting-store.js";
import { decodeEntry, type HistoryEntry } from "./history-view.js";
import { summaryOf } from "./list.js";

/** A run and the ends of its history, which may be long. */
export interface DecodedRunEnds {
  readonly run: WorkflowSummary;
  /** Absent when no code has begun the run. */
  readonly first: HistoryEntry | undefined;
  /** Of a closed run the record that closed it. */
  readonly last: HistoryEntry | undefined;
}

export async function readEnds(
  store: AcceptingStore,
  workflowId: string,
): Promise<DecodedRunEnds | undefined> {
  assertWorkflowId(workflowId);
  const ends = await store.readRunEnds(workflowId);
  if (ends === undefined) return undefined;
  const { header, first, last } = ends;
  return {
    run: summaryOf(header),
    first: first && decodeEntry(decodeHistoryRecord(first), 0),
    last: last && decodeEntry(decodeHistoryRecord(last), header.historyLength - 1),
  };
}
