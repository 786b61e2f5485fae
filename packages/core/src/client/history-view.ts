import {
  assertWorkflowId,
  decodeHistoryRecord,
  decodePayload,
  formatHistory,
  type HistoryRecord,
} from "@heddle/protocol";
import type { AcceptingStore } from "../store/accepting-store.js";
import { notFound } from "./refusals.js";

/** One history record with its payloads decoded; `kind` and the other fields as in `HistoryRecord`. */
export type HistoryEntry = { readonly kind: HistoryRecord["kind"]; readonly index: number } & Readonly<
  Record<string, unknown>
>;

const PAYLOAD_FIELDS = ["input", "payload", "result", "attributes", "memo"] as const;

/** Decoded for people: payloads become values, a held event is shown as the event it holds. */
export async function readHistory(
  store: AcceptingStore,
  workflowId: string,
): Promise<readonly HistoryEntry[]> {
  assertWorkflowId(workflowId);
  const records = await store.history(workflowId);
  if (records === undefined) throw notFound(workflowId);
  return records.map((data, index) => decodeEntry(decodeHistoryRecord(data), index));
}

export async function exportHistory(store: AcceptingStore, workflowId: string): Promise<string> {
  assertWorkflowId(workflowId);
  const run = await store.readRun(workflowId);
  if (run === undefined) throw notFound(workflowId);
  const { runId, type, version, status } = run.header;
  return formatHistory({ workflowId, runId, type, version, status, records: run.records });
}

export function decodeEntry(record: HistoryRecord, index: number): HistoryEntry {
  if (record.kind === "held") {
    return { ...decodeEntry(decodeHistoryRecord(record.event), index), held: true };
  }
  const entry: Record<string, unknown> = { ...record };
  for (const field of PAYLOAD_FIELDS) {
    const value = entry[field];
    if (value instanceof Uint8Array) entry[field] = decodePayload(value);
  }
  return { ...entry, kind: record.kind, index };
}
