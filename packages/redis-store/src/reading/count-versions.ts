import type { RunGroup } from "@heddle/core";
import { OPEN_STATUSES } from "@heddle/protocol";
import { indexKeys, type PartitionKeys } from "../keys.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<{
  total: number;
  counts: readonly [type: string, version: string, count: number][];
}>(
  {
    name: "count-versions",
    keys: ["versions", "…indexes"],
    args: [],
    parse: (reply) => {
      if (reply.tag !== "versions") throw reply.unexpected();
      const counts: [string, string, number][] = [];
      const fields = reply.at(2).items;
      for (let index = 0; index + 1 < fields.length; index += 2) {
        const [type = "", version = ""] = reply.at(2).at(index).text.split("\0");
        counts.push([type, version, reply.at(2).at(index + 1).number]);
      }
      return { total: reply.at(1).number, counts };
    },
  },
  import.meta.url,
);

/** Open runs of a partition by the version of their code; of one type, or of all. */
export async function countOpenVersions(
  context: StoreContext,
  keys: PartitionKeys,
  { types, type }: { types: readonly string[]; type: string | undefined },
): Promise<RunGroup[]> {
  const indexes = indexKeys(keys, types, OPEN_STATUSES);
  const { total, counts } = await context.scripts.run(script, [keys.versions, ...indexes]);
  const groups = counts
    .filter(([ofType]) => type === undefined || ofType === type)
    .map(([, version, count]): RunGroup => ({ group: version, count }));
  const withVersion = groups.reduce((sum, group) => sum + group.count, 0);
  return [...groups, { group: null, count: total - withVersion }];
}
