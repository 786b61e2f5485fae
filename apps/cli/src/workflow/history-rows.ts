import type { HistoryEntry } from "@heddle/client";
import { table } from "../output.js";

const MAX_DETAIL_CHARACTERS = 100;

export function historyTable(entries: readonly HistoryEntry[]): string {
  return table(["#", "TIME", "EVENT", "DETAILS"], entries.map(historyRow));
}

export function historyRow({ index, kind, at, ...rest }: HistoryEntry): string[] {
  const details = Object.keys(rest).length === 0 ? "" : JSON.stringify(rest);
  const time = typeof at === "number" ? new Date(at).toISOString() : "";
  return [String(index), time, kind, shortened(details)];
}

function shortened(text: string): string {
  return text.length <= MAX_DETAIL_CHARACTERS ? text : `${text.slice(0, MAX_DETAIL_CHARACTERS - 1)}…`;
}
