import type { StoredChange } from "@heddle/core";
import { parseStatus } from "@heddle/protocol";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { compareEntryIds } from "./entry-id.js";

/** Of one partition in one call. */
const MOST_AT_ONCE = 200;

const script = defineScript(
  {
    name: "read-changes",
    keys: ["feed"],
    args: ["after", "limit"],
    parse: (reply) => {
      if (reply.tag !== "changes") throw reply.unexpected();
      return {
        lastId: reply.at(1).text,
        oldestId: reply.at(2).optionalText,
        entries: reply.at(3).items,
      };
    },
  },
  import.meta.url,
);

export interface ChangesRead {
  readonly changes: readonly StoredChange[];
  /** By partition, the newest entry that was read. */
  readonly place: readonly string[];
  readonly hasMore: boolean;
  /** Changes behind the place that was given are gone, or it is ahead of the feed; then nothing was read. */
  readonly isLost: boolean;
}

/** Ends of the feeds of all partitions. */
export async function endsOfFeeds(context: StoreContext): Promise<readonly string[]> {
  const ends = context.keys.partitions.map(({ feed }) => context.scripts.run(script, [feed], ["", 0]));
  return (await Promise.all(ends)).map(({ lastId }) => lastId);
}

/** What all partitions tell behind a place. */
export async function readChanges(context: StoreContext, place: readonly string[]): Promise<ChangesRead> {
  const { partitions } = context.keys;
  const replies = await Promise.all(
    partitions.map(({ feed }, partition) =>
      context.scripts.run(script, [feed], [place[partition] ?? "0-0", MOST_AT_ONCE]),
    ),
  );
  const isLost = replies.some(({ lastId, oldestId }, partition) => {
    const after = place[partition] ?? "0-0";
    const isCut = oldestId !== undefined && compareEntryIds(after, oldestId) < 0;
    return isCut || compareEntryIds(after, lastId) > 0;
  });
  if (isLost) return { changes: [], place, hasMore: false, isLost };
  const changes = replies.flatMap(({ entries }, partition) =>
    entries.map((entry) => changeFrom(entry, partition)),
  );
  return {
    changes,
    place: replies.map(({ entries }, partition) => entries.at(-1)?.at(0).text ?? place[partition] ?? "0-0"),
    hasMore: replies.some(({ entries }) => entries.length === MOST_AT_ONCE),
    isLost,
  };
}

function changeFrom(entry: ScriptReply, partition: number): StoredChange {
  const entryId = entry.at(0).text;
  const fields = entry.at(1);
  return {
    partition,
    entryId,
    workflowId: fields.at(1).text,
    runId: fields.at(3).text,
    type: fields.at(5).text,
    status: parseStatus(fields.at(7).text),
    createdAtMs: fields.at(9).number,
    changedAtMs: Number(entryId.split("-", 1)[0]),
  };
}
