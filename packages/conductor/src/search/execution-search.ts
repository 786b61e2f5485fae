import type { WorkflowClient } from "@heddle/core";
import type { WorkflowSummary } from "@heddle/protocol";
import { CONDUCTOR_WORKFLOW } from "../interpreter/execution-input.js";
import { concurrently } from "./concurrently.js";
import {
  EXECUTION_ALIASES,
  EXECUTION_FIELDS,
  factsOf,
  type ExecutionFacts,
  type ExecutionField,
} from "./execution-facts.js";
import { planOf, type ExecutionPlan, type PlannedFilter } from "./execution-plan.js";
import { typedConditions, type FieldCondition } from "./field-test.js";
import { freeTextTest } from "./free-text.js";
import { parseQuery } from "./query-text.js";
import { allRuns, assertReachable, pageOfRuns } from "./run-pages.js";
import { byKeys, parseSort, type SortKey } from "./search-order.js";

export interface SearchRequest {
  readonly query?: string | undefined;
  readonly freeText?: string | undefined;
  readonly sort?: string | undefined;
  readonly start: number;
  readonly size: number;
}
export interface ExecutionSearchRequest extends SearchRequest {
  readonly classifier?: string | undefined;
  readonly topLevelOnly?: boolean | undefined;
}

/** An execution that was found, and what it was at that moment. */
export interface FoundExecution {
  readonly run: WorkflowSummary;
  readonly facts: ExecutionFacts;
}
export interface FoundExecutions {
  readonly totalHits: number;
  readonly found: readonly FoundExecution[];
}

const SORT_FIELDS = Object.keys(EXECUTION_FIELDS) as ExecutionField[];

/**
 * Finds executions, over the lists of the store. What no index can tell is looked at, 10,000 executions at most: a search
 * that would need more is refused and says how to narrow it, so what is answered is complete.
 */
export class ExecutionSearch {
  constructor(private readonly client: WorkflowClient) {}

  /** Newest first unless `sort` says otherwise. Throws `InvalidArgumentError` naming the parameter. */
  async search(request: ExecutionSearchRequest): Promise<FoundExecutions> {
    const { query = "", freeText, sort, start, size, classifier, topLevelOnly } = request;
    const asked = typedConditions(parseQuery(query), EXECUTION_FIELDS, EXECUTION_ALIASES);
    const conditions: readonly FieldCondition<ExecutionField>[] =
      classifier === undefined || classifier === ""
        ? asked
        : [...asked, { field: "classifier", test: { test: "any-of", values: [classifier] } }];
    return this.find(planOf(conditions, { topLevelOnly: topLevelOnly === true }), {
      order: parseSort(sort, SORT_FIELDS, EXECUTION_ALIASES),
      isWanted: freeTextTest(freeText),
      start,
      size,
    });
  }

  async find(
    plan: ExecutionPlan,
    page: {
      readonly order?: readonly SortKey<ExecutionField>[];
      readonly isWanted?: ((facts: ExecutionFacts) => boolean) | undefined;
      readonly start: number;
      readonly size: number;
    },
  ): Promise<FoundExecutions> {
    const { order = [], isWanted, start, size } = page;
    assertReachable(page);
    const isNewestFirst = order.length === 0 || (order[0]?.field === "startTime" && order[0].isDescending);
    const matches = (each: FoundExecution) =>
      plan.matches(each.facts) && (isWanted === undefined || isWanted(each.facts));
    if (plan.ids !== undefined) {
      const found = (await this.byIds(plan.ids)).filter(matches);
      return { totalHits: found.length, found: sorted(found, order).slice(start, start + size) };
    }
    const all = isWanted !== undefined || !isNewestFirst;
    const [only] = plan.filters;
    if (plan.filters.length === 1 && only?.isExact === true && !all) {
      return this.pageOf(only, start, size);
    }
    const parts = await Promise.all(
      plan.filters.map((each) =>
        each.isExact && !all ? this.pageOf(each, 0, start + size) : this.gathered(each, matches),
      ),
    );
    const found = sorted(
      parts.flatMap((part) => part.found),
      order,
    );
    return {
      totalHits: parts.reduce((sum, part) => sum + part.totalHits, 0),
      found: found.slice(start, start + size),
    };
  }

  /** Those of them that there are. */
  async byIds(ids: readonly string[]): Promise<FoundExecution[]> {
    const runs = await concurrently([...new Set(ids)], (id) => this.client.ends(id));
    return runs.flatMap((ends) => (ends?.run.type === CONDUCTOR_WORKFLOW ? [foundOf(ends.run)] : []));
  }

  private async pageOf({ filter }: PlannedFilter, start: number, size: number): Promise<FoundExecutions> {
    const { total, runs } = await pageOfRuns(this.client, filter, { start, size });
    return { totalHits: total, found: runs.map(foundOf) };
  }

  private async gathered(
    { filter }: PlannedFilter,
    matches: (each: FoundExecution) => boolean,
  ): Promise<FoundExecutions> {
    const found = (await allRuns(this.client, filter)).map(foundOf).filter(matches);
    return { totalHits: found.length, found };
  }
}

function foundOf(run: WorkflowSummary): FoundExecution {
  return { run, facts: factsOf(run) };
}

const NEWEST_FIRST: readonly SortKey<ExecutionField>[] = [{ field: "startTime", isDescending: true }];

function sorted(
  found: readonly FoundExecution[],
  order: readonly SortKey<ExecutionField>[],
): readonly FoundExecution[] {
  const compare = byKeys(order.length === 0 ? NEWEST_FIRST : order);
  return found.toSorted((left, right) => compare(left.facts, right.facts));
}
