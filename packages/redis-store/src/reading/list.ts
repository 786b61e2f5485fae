import type { ListPage, ListQuery, RunFilter } from "@heddle/core";
import { indexKeys, type PartitionKeys } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { readHeaders } from "./describe.js";

interface Place {
  readonly workflowId: string;
  readonly createdAtMs: number;
}

const script = defineScript<{ total: number; places: Place[] }>(
  {
    name: "list-page",
    keys: ["…indexes"],
    args: ["afterMs", "afterId", "limit"],
    parse: (reply) => {
      if (reply.tag !== "page") throw reply.unexpected();
      const places: Place[] = [];
      for (const page of reply.items.slice(2)) {
        const values = page.items;
        for (let index = 0; index + 1 < values.length; index += 2) {
          const [member, score] = [values[index], values[index + 1]];
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

/** Merges the newest of every index of every partition; each partition is read at one moment. */
export async function list(context: StoreContext, query: ListQuery): Promise<ListPage> {
  // One more than asked tells whether there is another page.
  const wanted = query.offset + query.limit + 1;
  const pages = await Promise.all(
    context.keys.partitions.map((keys) => readPartition(context, keys, query, wanted)),
  );
  const places = distinct(pages.flatMap((page) => page.places)).sort(newestFirst);
  const shown = places.slice(query.offset, query.offset + query.limit);
  const headers = await readHeaders(
    context,
    shown.map((place) => place.workflowId),
  );
  const createdAtMs = new Map(shown.map((place) => [place.workflowId, place.createdAtMs]));
  return {
    // One that was replaced meanwhile stands elsewhere now; a cursor made of it would lead astray.
    runs: headers.filter((header) => header.createdAtMs === createdAtMs.get(header.workflowId)),
    total: pages.reduce((sum, page) => sum + page.total, 0),
    hasMore: places.length > query.offset + query.limit,
  };
}

export async function count(context: StoreContext, filter: RunFilter): Promise<number> {
  const totals = await Promise.all(
    context.keys.partitions.map(async (keys) => {
      const indexes = await indexesOf(context, keys, filter);
      const sizes = await Promise.all(indexes.map((index) => context.ask((client) => client.zcard(index))));
      return sizes.reduce((sum, size) => sum + size, 0);
    }),
  );
  return totals.reduce((sum, total) => sum + total, 0);
}

async function readPartition(context: StoreContext, keys: PartitionKeys, query: ListQuery, limit: number) {
  const indexes = await indexesOf(context, keys, query);
  if (indexes.length === 0) return { total: 0, places: [] };
  return context.scripts.run(script, indexes, [
    query.after?.createdAtMs ?? "",
    query.after?.workflowId ?? "",
    limit,
  ]);
}

async function indexesOf(context: StoreContext, keys: PartitionKeys, filter: RunFilter): Promise<string[]> {
  const types =
    filter.type === undefined ? await context.ask((client) => client.smembers(keys.types)) : [filter.type];
  return indexKeys(keys, types, filter.status);
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
