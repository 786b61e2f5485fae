import {
  assertWorkflowId,
  type ClosedStatus,
  decodeHistoryRecord,
  InvalidArgumentError,
  isClosedStatus,
  type WatchEvent,
} from "@heddle/protocol";
import type { LiveStore, StoredChange } from "../store/live-store.js";
import type { RunFilter } from "../store/run-filter.js";
import { decodeChangeCursor, encodeChangeCursor } from "./change-cursor.js";
import { decodeEntry, type HistoryEntry } from "./history-view.js";
import { notFound } from "./refusals.js";
import { type RunFilterOptions, runFilterOf } from "./run-filter.js";

/** Where a follower of a history stands: behind so many records of a run. */
export interface HistoryPlace {
  readonly runId: string;
  readonly firstRunId: string;
  readonly length: number;
}

/** `place`: to go on from behind it. */
export type FollowedHistory =
  /** Once and first: the run exists, and is followed from here. */
  | { readonly kind: "following"; readonly place: HistoryPlace }
  | { readonly kind: "entry"; readonly entry: HistoryEntry; readonly place: HistoryPlace }
  /** The workflow goes on as this run, whose history begins anew. */
  | { readonly kind: "continued"; readonly place: HistoryPlace }
  /** Everything was told. `replaced`: another workflow has the id now, so the rest of this one is gone. */
  | { readonly kind: "end"; readonly status: ClosedStatus | "replaced"; readonly place: HistoryPlace };

export interface FollowOptions {
  /** The run to follow; without it the current one. */
  readonly runId?: string | undefined;
  /** Place of an earlier follower. Excludes `runId`. */
  readonly after?: HistoryPlace | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What can be told of a change alone: search attributes and versions cannot. */
export type WatchFilter = Pick<RunFilterOptions, "status" | "type" | "idPrefix" | "createdAt">;
const WATCH_FILTERS: readonly string[] = ["status", "type", "idPrefix", "createdAt"];

export interface WatchOptions {
  /** Place of an earlier watch. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `cursor`: to go on from behind it. `passed` tells nothing but that: there were changes that the filter leaves out. */
export type WatchUpdate = (WatchEvent | { readonly kind: "passed" }) & { readonly cursor: string };

/** Looks on while workflows move. Nothing is read before the first item is asked for, which comes at once. */
export class LiveClient {
  constructor(private readonly store: LiveStore) {}

  /**
   * The history of a run, each record once and in order, until the run is closed; goes on with the run that it
   * continues as. Rejects with `WorkflowNotFoundError`, also when another run has the place of `runId`.
   */
  async *followHistory(
    workflowId: string,
    { runId = "", after, signal }: FollowOptions = {},
  ): AsyncGenerator<FollowedHistory, void, undefined> {
    assertWorkflowId(workflowId);
    let place = after ?? { runId, firstRunId: "", length: 0 };
    let reply = await this.store.readHistory({ workflowId, ...place, from: place.length });
    if (reply.outcome === "not-found") throw notFound(workflowId);
    if (reply.outcome === "replaced" && after === undefined) throw notFound(workflowId);
    if (reply.outcome === "records") place = { ...place, runId: reply.runId, firstRunId: reply.firstRunId };
    yield { kind: "following", place };
    for (;;) {
      if (reply.outcome === "not-found" || reply.outcome === "replaced") {
        yield { kind: "end", status: "replaced", place };
        return;
      }
      const { runId, firstRunId } = reply;
      if (reply.outcome === "continued") {
        place = { runId, firstRunId, length: 0 };
        yield { kind: "continued", place };
      } else {
        for (const data of reply.records) {
          const entry = decodeEntry(decodeHistoryRecord(data), place.length);
          place = { runId, firstRunId, length: place.length + 1 };
          yield { kind: "entry", entry, place };
        }
        if (!reply.hasMore && isClosedStatus(reply.status)) {
          yield { kind: "end", status: reply.status, place };
          return;
        }
      }
      reply = await this.store.awaitHistory({ workflowId, ...place, from: place.length }, { signal });
    }
  }

  /**
   * Changes of workflows from now on, or from behind `after`. Rejects with `InvalidArgumentError` for a filter that
   * cannot be decided for a change alone.
   */
  async *watch(
    filter: WatchFilter = {},
    { after, signal }: WatchOptions = {},
  ): AsyncGenerator<WatchUpdate, void, undefined> {
    const matches = matcherOf(filter);
    const reader = await this.store.openChanges(after === undefined ? undefined : decodeChangeCursor(after));
    try {
      let place = [...reader.start];
      yield { kind: after === undefined ? "watching" : "passed", cursor: encodeChangeCursor(place) };
      for (;;) {
        const reply = await reader.next(signal);
        if (reply.outcome === "lost") {
          place = [...reply.place];
          yield { kind: "reset", cursor: encodeChangeCursor(place) };
          continue;
        }
        for (const change of reply.changes) {
          place[change.partition] = change.entryId;
          if (matches(change)) yield { ...changed(change), cursor: encodeChangeCursor(place) };
        }
        yield { kind: "passed", cursor: encodeChangeCursor(place) };
      }
    } finally {
      reader.close();
    }
  }
}

function matcherOf(options: WatchFilter): (change: StoredChange) => boolean {
  const undecided = Object.entries(options).find(
    ([name, value]) => value !== undefined && !WATCH_FILTERS.includes(name),
  );
  if (undecided !== undefined) {
    throw new InvalidArgumentError(
      `changes cannot be filtered by ${undecided[0]}; watch by ${WATCH_FILTERS.join(", ")}, and list for the rest`,
      { details: { field: undecided[0] } },
    );
  }
  const { status, type, idPrefix, createdAt }: RunFilter = runFilterOf(options);
  return (change) =>
    (status === undefined || status.includes(change.status)) &&
    (type === undefined || change.type === type) &&
    (idPrefix === undefined || change.workflowId.startsWith(idPrefix)) &&
    (createdAt?.fromMs === undefined || change.createdAtMs >= createdAt.fromMs) &&
    (createdAt?.toMs === undefined || change.createdAtMs < createdAt.toMs);
}

function changed(change: StoredChange): WatchEvent {
  const { workflowId: id, runId, type, status } = change;
  return {
    kind: "changed",
    change: {
      ...{ id, runId, type, status },
      createdAt: new Date(change.createdAtMs),
      changedAt: new Date(change.changedAtMs),
    },
  };
}
