import type { FollowedHistory, HistoryEntry, WatchUpdate } from "@heddle/core";
import type { WatchEvent } from "@heddle/protocol";

/** A history entry with the run that it belongs to: indexes begin anew when the workflow continues as new. */
export type FollowedEntry = HistoryEntry & { readonly runId: string };

/** Without the places that a follower in another process would go on from. */
export async function* entriesOf(
  updates: AsyncIterable<FollowedHistory>,
): AsyncGenerator<FollowedEntry, void, undefined> {
  for await (const update of updates) {
    if (update.kind === "entry") yield { ...update.entry, runId: update.place.runId };
  }
}

export async function* eventsOf(
  updates: AsyncIterable<WatchUpdate>,
): AsyncGenerator<WatchEvent, void, undefined> {
  for await (const { cursor: _, ...update } of updates) if (update.kind !== "passed") yield update;
}
