import type { HistoryRecord } from "@heddle/protocol";
import type { ReplyBody } from "./http/reply-body.js";

/** One history record; its payloads are plain JSON, and `at` is epoch ms. */
export type HistoryEntry = { readonly kind: HistoryRecord["kind"]; readonly index: number } & Readonly<
  Record<string, unknown>
>;

/** One with the run that it belongs to: indexes begin anew when the workflow continues as new. */
export type FollowedEntry = HistoryEntry & { readonly runId: string };

export function historyEntryFrom(entry: ReplyBody): HistoryEntry {
  const at = entry.optionalDate("at");
  return {
    ...entry.fields(),
    // A kind that this client does not know yet is shown like any other.
    kind: entry.text("kind") as HistoryRecord["kind"],
    index: entry.whole("index"),
    ...(at === undefined ? {} : { at: at.getTime() }),
  };
}
