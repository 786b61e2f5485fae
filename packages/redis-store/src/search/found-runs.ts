import type { RunFilter } from "@heddle/core";
import { parseStatus, WORKFLOW_STATUSES, type WorkflowStatus } from "@heddle/protocol";
import { indexKeys, type PartitionKeys } from "../keys.js";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { type MemberRange, packed, rangesOf } from "./terms.js";

/** Where a run stands in a list: newest first, ties by id. */
export interface Place {
  readonly workflowId: string;
  readonly createdAtMs: number;
}

/** A run that was found, and what it was at that moment. */
export interface FoundRun extends Place {
  readonly type: string;
  readonly status: WorkflowStatus;
}

/** Runs of one partition, or of a part of it, that match a filter. */
export interface FoundRuns {
  readonly total: number;
  /** By term of the attribute asked for. */
  readonly groups: ReadonlyMap<string, number>;
  /** The first ones behind `after`, in no order. */
  readonly runs: readonly FoundRun[];
}

export interface FindOptions {
  readonly after?: Place | undefined;
  /** How many `runs` are wanted. */
  readonly limit: number;
  /** Groups are counted by the terms of these members; only runs that have one are found. */
  readonly groupBy?: MemberRange | undefined;
}

const find = defineScript<ScriptReply | undefined>(
  {
    name: "find-runs",
    keys: ["attributes", "byAttribute", "…indexes"],
    args: ["filter", "afterMs", "afterId", "limit", "groupBy", "candidates"],
    parse: (reply) => {
      if (reply.tag === "too-broad") return undefined;
      if (reply.tag !== "found") throw reply.unexpected();
      return reply;
    },
  },
  import.meta.url,
);

const scan = defineScript<ScriptReply>(
  {
    name: "scan-runs",
    keys: ["attributes", "…indexes"],
    args: ["filter", "afterMs", "afterId", "limit", "groupBy", "behindMs", "behindId", "window"],
    parse: (reply) => {
      if (reply.tag !== "found") throw reply.unexpected();
      return reply;
    },
  },
  import.meta.url,
);

/**
 * The runs of a partition that match; the version of the filter is left to the caller. With a condition on an attribute
 * that few runs meet, these are looked at, all at one moment. Otherwise all runs of the filter's types and statuses
 * are, a window at a time: each run once, at one moment of its own.
 */
export async function findRuns(
  context: StoreContext,
  keys: PartitionKeys,
  filter: RunFilter,
  options: FindOptions,
): Promise<FoundRuns> {
  const types =
    filter.type === undefined ? await context.ask((client) => client.smembers(keys.types)) : [filter.type];
  const statuses = filter.status ?? WORKFLOW_STATUSES;
  const indexes = indexKeys(keys, types, statuses);
  if (indexes.length === 0) return { total: 0, groups: new Map(), runs: [] };
  const { groupBy } = options;
  const conditions = (filter.attributes ?? []).map(rangesOf);
  if (groupBy !== undefined) conditions.push([groupBy]);
  const parts = {
    ...{ types, statuses: statuses.length, conditions, idPrefix: filter.idPrefix ?? "" },
    fromMs: String(filter.createdAt?.fromMs ?? ""),
    toMs: String(filter.createdAt?.toMs ?? ""),
  };
  const page = [options.after?.createdAtMs ?? "", options.after?.workflowId ?? "", options.limit] as const;
  const call = { filter: packed(parts), page, groupBy: groupBy?.[0] ?? "", types, statuses };
  if (conditions.length > 0) {
    const reply = await context.scripts.run(
      find,
      [keys.attributes, keys.byAttribute, ...indexes],
      [call.filter, ...page, call.groupBy, context.limits.searchCandidates],
    );
    if (reply !== undefined) return foundRuns(reply, call);
  }
  return scanRuns(context, [keys.attributes, ...indexes], call);
}

interface Call {
  readonly filter: Uint8Array;
  readonly page: readonly [afterMs: number | "", afterId: string, limit: number];
  readonly groupBy: string;
  readonly types: readonly string[];
  readonly statuses: readonly WorkflowStatus[];
}

async function scanRuns(context: StoreContext, keys: readonly string[], call: Call): Promise<FoundRuns> {
  const groups = new Map<string, number>();
  const runs: FoundRun[] = [];
  let total = 0;
  for (let behind = { ms: "", id: "" }; ;) {
    const [afterMs, afterId, limit] = call.page;
    const wanted = Math.max(0, limit - runs.length);
    const reply = await context.scripts.run(scan, keys, [
      ...[
        call.filter,
        afterMs,
        afterId,
        wanted,
        call.groupBy,
        behind.ms,
        behind.id,
        context.limits.scanWindow,
      ],
    ]);
    const window = foundRuns(reply, call);
    total += window.total;
    // One by one: a window may hold more than a call takes as arguments.
    for (const run of window.runs) runs.push(run);
    for (const [term, count] of window.groups) groups.set(term, (groups.get(term) ?? 0) + count);
    behind = { ms: reply.at(4).text, id: reply.at(5).text };
    if (behind.id === "") return { total, groups, runs };
  }
}

function foundRuns(reply: ScriptReply, { types, statuses }: Call): FoundRuns {
  const groups = new Map<string, number>();
  const counted = reply.at(2).items;
  for (let index = 0; index + 1 < counted.length; index += 2) {
    groups.set(reply.at(2).at(index).text, reply.at(2).at(index + 1).number);
  }
  const places = reply.at(3).list;
  const runs: FoundRun[] = [];
  for (let index = 0; index + 2 < places.length; index += 3) {
    const [workflowId, createdAtMs, number] = places.slice(index, index + 3) as [Buffer, Buffer, number];
    runs.push({
      workflowId: workflowId.toString(),
      createdAtMs: Number(createdAtMs.toString()),
      type: types[Math.floor((number - 1) / statuses.length)] ?? "",
      status: parseStatus(statuses[(number - 1) % statuses.length] ?? ""),
    });
  }
  return { total: reply.at(1).number, groups, runs };
}
