import type { GroupBy, ListPage, ListQuery, RunFilter, RunGroup } from "@heddle/core";
import { OPEN_STATUSES, WORKFLOW_STATUSES } from "@heddle/protocol";
import { indexKeys, type PartitionKeys } from "../keys.js";
import { defineScript } from "../script.js";
import { findRuns, type FoundRun, type FoundRuns, type Place } from "../search/found-runs.js";
import { readAttributes } from "../search/read-search.js";
import { anyValueOf, termsOf, valueOf } from "../search/terms.js";
import type { StoreContext } from "../store-context.js";
import { countOpenVersions } from "./count-versions.js";
import { readListed } from "./describe.js";

interface PartitionPage {
  readonly total: number;
  readonly places: readonly Place[];
}

const page = defineScript<PartitionPage>(
  {
    name: "list-page",
    keys: ["…indexes"],
    args: ["afterMs", "afterId", "limit", "fromMs", "toMs"],
    parse: (reply) => {
      if (reply.tag !== "page") throw reply.unexpected();
      const places: Place[] = [];
      for (const index of reply.items.slice(2)) {
        const values = index.items;
        for (let at = 0; at + 1 < values.length; at += 2) {
          const [member, score] = [values[at], values[at + 1]];
          if (member !== undefined && score !== undefined) {
            places.push({ workflowId: member.text, createdAtMs: score.number });
          }
        }
      }
      return { total: reply.at(1).number, places };
    },
  },
  import.meta.url,
);

const counts = defineScript<readonly number[]>(
  {
    name: "count-indexes",
    keys: ["…indexes"],
    args: ["fromMs", "toMs"],
    parse: (reply) => {
      if (reply.tag !== "counts") throw reply.unexpected();
      return reply.items.slice(1).map((item) => item.number);
    },
  },
  import.meta.url,
);

/** Merges the newest of every partition; each partition is read at one moment, or in windows (`findRuns`). */
export async function list(context: StoreContext, query: ListQuery): Promise<ListPage> {
  // One more than asked tells whether there is another page.
  const wanted = query.offset + query.limit + 1;
  const pages = await Promise.all(
    context.keys.partitions.map((keys) => readPartition(context, keys, query, wanted)),
  );
  const places = distinct(pages.flatMap((each) => each.places)).sort(newestFirst);
  const shown = places.slice(query.offset, query.offset + query.limit);
  const headers = await readListed(
    context,
    shown.map((place) => place.workflowId),
  );
  const createdAtMs = new Map(shown.map((place) => [place.workflowId, place.createdAtMs]));
  return {
    // One that was replaced meanwhile stands elsewhere now; a cursor made of it would lead astray.
    runs: headers.filter((header) => header.createdAtMs === createdAtMs.get(header.workflowId)),
    total: pages.reduce((sum, each) => sum + each.total, 0),
    hasMore: places.length > query.offset + query.limit,
  };
}

export async function count(context: StoreContext, filter: RunFilter): Promise<number> {
  const totals = await Promise.all(
    context.keys.partitions.map(async (keys) => {
      if (!isIndexed(filter)) return (await findMatching(context, keys, filter, { limit: 0 })).total;
      const sizes = await countIndexes(context, keys, filter);
      return sizes.reduce((sum, size) => sum + size.count, 0);
    }),
  );
  return totals.reduce((sum, total) => sum + total, 0);
}

export async function aggregate(
  context: StoreContext,
  filter: RunFilter,
  groupBy: GroupBy,
): Promise<readonly RunGroup[]> {
  const groups = new Map<string, RunGroup>();
  const parts = await Promise.all(
    context.keys.partitions.map((keys) => aggregatePartition(context, keys, filter, groupBy)),
  );
  for (const { group, count: more } of parts.flat()) {
    // Dates of one time are two objects; a number and the same as text are two groups.
    const key = `${typeof group} ${group instanceof Date ? group.getTime() : String(group)}`;
    const total = (groups.get(key)?.count ?? 0) + more;
    if (total > 0) groups.set(key, { group, count: total });
  }
  return [...groups.values()];
}

/** Type, status and time of creation are in the indexes; all else is asked of the runs. */
function isIndexed(filter: RunFilter): boolean {
  return filter.attributes === undefined && filter.idPrefix === undefined && filter.version === undefined;
}

async function aggregatePartition(
  context: StoreContext,
  keys: PartitionKeys,
  filter: RunFilter,
  groupBy: GroupBy,
): Promise<RunGroup[]> {
  if (typeof groupBy === "object") return countByAttribute(context, keys, filter, groupBy.attribute);
  if (groupBy === "version") return countByVersion(context, keys, filter);
  if (isIndexed(filter)) {
    const sizes = await countIndexes(context, keys, filter);
    return sizes.map((size) => ({ group: size[groupBy], count: size.count }));
  }
  const { runs } = await findMatching(context, keys, filter, { limit: ALL });
  return runs.map((run) => ({ group: run[groupBy], count: 1 }));
}

/** More than any partition has. */
const ALL = 2 ** 40;

async function countByAttribute(
  context: StoreContext,
  keys: PartitionKeys,
  filter: RunFilter,
  name: string,
): Promise<RunGroup[]> {
  const groupBy = anyValueOf(name);
  let counted: Iterable<readonly [term: string, count: number]>;
  if (filter.version === undefined) {
    counted = (await findRuns(context, keys, filter, { limit: 0, groupBy })).groups;
  } else {
    const { runs } = await findMatching(context, keys, filter, { limit: ALL, groupBy });
    const attributes = await Promise.all(runs.map((run) => readAttributes(context, run.workflowId)));
    counted = attributes.flatMap((each) => {
      const value = each !== undefined && Object.hasOwn(each, name) ? each[name] : undefined;
      return value === undefined ? [] : termsOf(name, value).map((term) => [term, 1] as const);
    });
  }
  return [...counted].flatMap(([term, times]) => {
    const value = valueOf(term);
    return value === undefined ? [] : [{ group: value, count: times }];
  });
}

async function countByVersion(
  context: StoreContext,
  keys: PartitionKeys,
  filter: RunFilter,
): Promise<RunGroup[]> {
  const { status: statuses = [], type } = filter;
  const isOfOpenRuns =
    statuses.length === OPEN_STATUSES.length && OPEN_STATUSES.every((each) => statuses.includes(each));
  if (isIndexed(filter) && filter.createdAt === undefined && isOfOpenRuns) {
    const types = await typesOf(context, keys, filter);
    return countOpenVersions(context, keys, { types, type });
  }
  const { runs } = await findRuns(context, keys, filter, { limit: ALL });
  const versions = await versionsOf(context, keys, runs);
  return versions
    .filter((version) => filter.version === undefined || version === filter.version)
    .map((version) => ({ group: version ?? null, count: 1 }));
}

/** As `findRuns`, by version too: that stands in the header of each run and never changes once it is there. */
async function findMatching(
  context: StoreContext,
  keys: PartitionKeys,
  filter: RunFilter,
  options: Parameters<typeof findRuns>[3],
): Promise<FoundRuns> {
  if (filter.version === undefined) return findRuns(context, keys, filter, options);
  const { after, limit } = options;
  const found = await findRuns(context, keys, filter, { ...options, after: undefined, limit: ALL });
  const versions = await versionsOf(context, keys, found.runs);
  const runs = found.runs.filter((_run, index) => versions[index] === filter.version);
  const behind = after === undefined ? runs : runs.filter((run) => newestFirst(after, run) < 0);
  return { ...found, total: runs.length, runs: behind.sort(newestFirst).slice(0, limit) };
}

async function versionsOf(
  context: StoreContext,
  keys: PartitionKeys,
  runs: readonly FoundRun[],
): Promise<(string | undefined)[]> {
  const versions: (string | undefined)[] = [];
  const atOnce = 1_000;
  for (let first = 0; first < runs.length; first += atOnce) {
    const some = await Promise.all(
      runs
        .slice(first, first + atOnce)
        .map(({ workflowId }) => context.ask((client) => client.hget(keys.header(workflowId), "version"))),
    );
    versions.push(...some.map((version) => version ?? undefined));
  }
  return versions;
}

async function readPartition(
  context: StoreContext,
  keys: PartitionKeys,
  query: ListQuery,
  limit: number,
): Promise<PartitionPage> {
  if (!isIndexed(query)) {
    const { total, runs } = await findMatching(context, keys, query, { limit, after: query.after });
    return { total, places: runs };
  }
  const indexes = indexKeys(keys, await typesOf(context, keys, query), query.status);
  if (indexes.length === 0) return { total: 0, places: [] };
  return context.scripts.run(page, indexes, [
    query.after?.createdAtMs ?? "",
    query.after?.workflowId ?? "",
    limit,
    ...createdArguments(query),
  ]);
}

async function countIndexes(context: StoreContext, keys: PartitionKeys, filter: RunFilter) {
  const types = await typesOf(context, keys, filter);
  const statuses = filter.status ?? WORKFLOW_STATUSES;
  const pairs = types.flatMap((type) => statuses.map((status) => ({ type, status })));
  if (pairs.length === 0) return [];
  const sizes = await context.scripts.run(
    counts,
    pairs.map(({ type, status }) => keys.index(type, status)),
    createdArguments(filter),
  );
  return pairs.map((pair, index) => ({ ...pair, count: sizes[index] ?? 0 }));
}

function createdArguments({ createdAt = {} }: RunFilter): [fromMs: number | "", toMs: number | ""] {
  return [createdAt.fromMs ?? "", createdAt.toMs ?? ""];
}

async function typesOf(
  context: StoreContext,
  keys: PartitionKeys,
  filter: RunFilter,
): Promise<readonly string[]> {
  return filter.type === undefined ? context.ask((client) => client.smembers(keys.types)) : [filter.type];
}

/** A run that changed its status between two partitions' reads is one run all the same. */
function distinct(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [place.workflowId, place])).values()];
}

/** As Redis sorts: score, then member by bytes, both descending. */
function newestFirst(left: Place, right: Place): number {
  return (
    right.createdAtMs - left.createdAtMs ||
    Buffer.compare(Buffer.from(right.workflowId), Buffer.from(left.workflowId))
  );
}
