import { assertShortName, InvalidArgumentError } from "@heddle/protocol";
import type { AcceptingStore } from "../store/accepting-store.js";
import type { GroupBy, RunGroup } from "../store/run-filter.js";
import { assertKnownOptions } from "./naming.js";
import { FILTER_OPTIONS, runFilterOf, type RunFilterOptions } from "./run-filter.js";

export interface AggregateOptions {
  /**
   * What runs are counted by. By an attribute, runs without it are in no group, and a run with a list is in the group
   * of each of its elements.
   */
  readonly groupBy: GroupBy;
}

/** Groups by their size, the largest first. Throws `InvalidArgumentError` naming the option. */
export async function aggregateRuns(
  store: AcceptingStore,
  filter: RunFilterOptions,
  options: AggregateOptions,
): Promise<readonly RunGroup[]> {
  assertKnownOptions(filter, FILTER_OPTIONS, "aggregate");
  assertKnownOptions(options, ["groupBy"], "aggregate");
  assertGroupBy(options.groupBy);
  const groups = await store.aggregate(runFilterOf(filter), options.groupBy);
  return groups.toSorted((left, right) => right.count - left.count);
}

function assertGroupBy(groupBy: unknown): asserts groupBy is GroupBy {
  if (groupBy === "status" || groupBy === "type" || groupBy === "version") return;
  if (typeof groupBy === "object" && groupBy !== null && "attribute" in groupBy) {
    assertShortName(groupBy.attribute, "attribute name");
    return;
  }
  throw new InvalidArgumentError("groupBy must be status, type, version or { attribute: name }", {
    details: { field: "groupBy" },
  });
}
