import { decodeHistoryRecord, decodePayload, type HistoryRecord } from "@heddle/protocol";

/** One history record with its payloads decoded; `kind` and the other fields as in `HistoryRecord`. */
export type HistoryEntry = { readonly kind: HistoryRecord["kind"]; readonly index: number } & Readonly<
  Record<string, unknown>
>;

const PAYLOAD_FIELDS = ["input", "payload", "result", "attributes", "memo"] as const;

/** Decodes records for people: payloads become values, a held event is shown as the event it holds. */
export function decodeHistory(records: readonly Uint8Array[]): readonly HistoryEntry[] {
  return records.map((data, index) => decodeEntry(decodeHistoryRecord(data), index));
}

function decodeEntry(record: HistoryRecord, index: number): HistoryEntry {
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
