// A query → what the indexes of runs can tell, and what has to be looked at.
import type { RunFilterOptions } from "@heddle/core";
import { OPEN_STATUSES, type WorkflowStatus } from "@heddle/protocol";
import type { ExecutionStatus } from "../interpreter/task-status.js";
import { EXECUTION_STATUSES, type ExecutionFacts, type ExecutionField } from "./execution-facts.js";
import { meets, type FieldCondition } from "./field-test.js";
import { rangeOf, RunFilterBuilder } from "./run-filter-builder.js";

export interface PlannedFilter {
  readonly filter: RunFilterOptions;
  /** All that it finds matches, so nobody has to look. */
  readonly isExact: boolean;
}

export interface ExecutionPlan {
  /** These alone can match. */
  readonly ids: readonly string[] | undefined;
  /** What matches meets exactly one of these. */
  readonly filters: readonly PlannedFilter[];
  readonly matches: (facts: ExecutionFacts) => boolean;
}

type Conditions = readonly FieldCondition<ExecutionField>[];

export function planOf(
  conditions: Conditions,
  { topLevelOnly = false }: { readonly topLevelOnly?: boolean } = {},
): ExecutionPlan {
  const builder = new RunFilterBuilder({ topLevelOnly });
  const wanted = new Set(
    EXECUTION_STATUSES.filter((status) =>
      conditions.every(({ field, test }) => field !== "status" || meets(test, status)),
    ),
  );
  const ends = endsOf(conditions);
  const isNarrowed = conditions
    .filter(({ field }) => field !== "status")
    .map((condition) => isEnd(condition) || builder.narrow(condition));
  const isExact = isNarrowed.every(Boolean);
  const isByStanding = wanted.size < EXECUTION_STATUSES.length || ends !== undefined;
  const all = isByStanding ? byStanding(builder, wanted, ends) : [{ filter: builder.build(), isExact: true }];
  return {
    ids: idsOf(conditions),
    filters: builder.isEmpty ? [] : all.map((each) => ({ ...each, isExact: each.isExact && isExact })),
    matches: (facts) =>
      (!topLevelOnly || facts.isTopLevel) && conditions.every(({ field, test }) => meets(test, facts[field])),
  };
}

/** When executions ended. One that is open has no end, but was updated some time. */
interface Ends {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly includesOpen: boolean;
}

/**
 * A run's status and what its code told last say together what the execution came to; which one counts depends on
 * whether the code ended it.
 */
function byStanding(
  builder: RunFilterBuilder,
  wanted: ReadonlySet<ExecutionStatus>,
  ends: Ends | undefined,
): PlannedFilter[] {
  const filters: PlannedFilter[] = [];
  const add = (
    status: readonly WorkflowStatus[],
    told: readonly ExecutionStatus[] | "anything",
    { toldEnd }: { readonly toldEnd: boolean },
  ) => {
    if (status.length === 0 || told.length === 0) return;
    const attributes = {
      ...(told === "anything" ? {} : { status: { in: told } }),
      ...(toldEnd && ends !== undefined ? { endTime: rangeOf(ends, (end) => new Date(end)) } : {}),
    };
    filters.push({ filter: builder.build({ status, attributes }), isExact: toldEnd || ends === undefined });
  };
  const among = (...statuses: ExecutionStatus[]) => statuses.filter((status) => wanted.has(status));
  if (ends?.includesOpen !== false) add(OPEN_STATUSES, among("RUNNING", "PAUSED"), { toldEnd: false });
  if (wanted.has("COMPLETED")) add(["completed"], "anything", { toldEnd: true });
  add(["failed"], among("FAILED", "TIMED_OUT", "TERMINATED"), { toldEnd: true });
  // Ended from outside, or by a failure of the interpreter itself: the code could tell nothing.
  if (wanted.has("FAILED")) add(["failed"], ["RUNNING", "PAUSED"], { toldEnd: false });
  const outside: WorkflowStatus[] = [];
  if (wanted.has("TIMED_OUT")) outside.push("timed-out");
  if (wanted.has("TERMINATED")) outside.push("cancelled", "terminated", "continued");
  add(outside, "anything", { toldEnd: false });
  return filters;
}

function isEnd({ field, test }: FieldCondition<ExecutionField>): boolean {
  return (field === "endTime" || field === "updateTime") && test.test === "between";
}

function endsOf(conditions: Conditions): Ends | undefined {
  const asked = conditions.filter(isEnd);
  if (asked.length === 0) return undefined;
  const ranges = asked.map(({ test }) => test).filter((test) => test.test === "between");
  const froms = ranges.map(({ from }) => from).filter((from) => from !== undefined);
  const tos = ranges.map(({ to }) => to).filter((to) => to !== undefined);
  return {
    from: froms.length === 0 ? undefined : Math.max(...froms),
    to: tos.length === 0 ? undefined : Math.min(...tos),
    includesOpen: asked.every(({ field }) => field === "updateTime"),
  };
}

function idsOf(conditions: Conditions): readonly string[] | undefined {
  for (const { field, test } of conditions) {
    if (field === "workflowId" && test.test === "any-of") return test.values.map(String);
  }
  return undefined;
}
