import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { workflowIdOfTask } from "../interpreter/task-id.js";
import { isOpenStatus, TASK_STATUSES } from "../interpreter/task-status.js";
import { concurrently } from "./concurrently.js";
import type { ExecutionField } from "./execution-facts.js";
import { planOf } from "./execution-plan.js";
import type { ExecutionSearch, FoundExecution, SearchRequest } from "./execution-search.js";
import { meets, typedConditions, type FieldCondition } from "./field-test.js";
import { freeTextTest } from "./free-text.js";
import { parseQuery, refused } from "./query-text.js";
import { byKeys, parseSort } from "./search-order.js";
import { TASK_ALIASES, TASK_FIELDS, taskFacts, type TaskFacts, type TaskField } from "./task-facts.js";

/** Conductor's Workflow JSON with its tasks; `undefined` when there is no such execution any more. */
export type ReadExecution = (workflowId: string) => Promise<JsonMap | undefined>;

export interface FoundTask {
  readonly task: JsonMap;
  readonly facts: TaskFacts;
  readonly execution: FoundExecution;
}

/** Each has to be rebuilt from its history, which takes milliseconds. */
const MAX_TASK_EXECUTIONS = 1_000;
/** At once: their histories are in memory meanwhile. */
const CONCURRENCY = 4;

const SORT_FIELDS = Object.keys(TASK_FIELDS) as TaskField[];

/**
 * Finds tasks. They are part of their executions and stored nowhere else, so those executions that the query leaves are
 * looked at, 1,000 at most: a search that would need more is refused and says how to narrow it.
 */
export class TaskSearch {
  constructor(
    private readonly executions: ExecutionSearch,
    private readonly read: ReadExecution,
  ) {}

  /** All that match, in order; the page is the caller's to take. Throws `InvalidArgumentError` naming the parameter. */
  async search({
    query = "",
    freeText,
    sort,
  }: Omit<SearchRequest, "start" | "size">): Promise<readonly FoundTask[]> {
    const conditions = typedConditions(parseQuery(query), TASK_FIELDS, TASK_ALIASES);
    const order = parseSort(sort, SORT_FIELDS, TASK_ALIASES);
    const isWanted = freeTextTest(freeText);
    const { totalHits, found } = await this.executions.find(planOf(executionConditions(conditions)), {
      start: 0,
      size: MAX_TASK_EXECUTIONS,
    });
    if (totalHits > MAX_TASK_EXECUTIONS) {
      throw refused(
        `leaves ${totalHits} executions whose tasks would have to be looked at, and ${MAX_TASK_EXECUTIONS} is the limit; ` +
          "narrow it by workflowId, workflowType, correlationId or a time",
      );
    }
    const matching = await concurrently(
      found,
      (each) => this.tasksOf(each, conditions, isWanted),
      CONCURRENCY,
    );
    const tasks = matching.flat();
    if (order.length === 0) return tasks;
    const compare = byKeys(order);
    return tasks.toSorted((left, right) => compare(left.facts, right.facts));
  }

  private async tasksOf(
    execution: FoundExecution,
    conditions: readonly FieldCondition<TaskField>[],
    isWanted: ((facts: TaskFacts) => boolean) | undefined,
  ): Promise<FoundTask[]> {
    const { tasks } = (await this.read(execution.facts.workflowId)) ?? {};
    if (!Array.isArray(tasks)) return [];
    return tasks
      .filter(isJsonMap)
      .map((task) => ({ task, facts: taskFacts(task), execution }))
      .filter(
        ({ facts }) =>
          conditions.every(({ field, test }) => meets(test, facts[field])) &&
          (isWanted === undefined || isWanted(facts)),
      );
  }
}

/** What must hold of the execution of a task that meets these. */
function executionConditions(
  conditions: readonly FieldCondition<TaskField>[],
): readonly FieldCondition<ExecutionField>[] {
  return conditions.flatMap(({ field, test }): FieldCondition<ExecutionField>[] => {
    switch (field) {
      case "workflowId":
      case "workflowType":
      case "correlationId":
        return [{ field, test }];
      case "taskId":
        return test.test === "any-of" ? workflowsOf(test.values) : [];
      case "status": {
        const isOpen = TASK_STATUSES.every((status) => !meets(test, status) || isOpenStatus(status));
        return isOpen ? [{ field, test: { test: "any-of", values: ["RUNNING", "PAUSED"] } }] : [];
      }
      case "scheduledTime":
      case "startTime":
      case "endTime":
      case "updateTime": {
        if (test.test !== "between") return [];
        const { from, to } = test;
        return [
          ...(from === undefined ? [] : [between("updateTime", { from, to: undefined })]),
          ...(to === undefined ? [] : [between("startTime", { from: undefined, to })]),
        ];
      }
      default:
        return [];
    }
  });
}

/** The id of a task tells its execution, unless the execution has an id of its own kind. */
function workflowsOf(taskIds: readonly (string | number)[]): FieldCondition<ExecutionField>[] {
  const ids = taskIds.map((taskId) => workflowIdOfTask(String(taskId)));
  const values = ids.filter((id) => id !== undefined);
  return values.length < ids.length ? [] : [{ field: "workflowId", test: { test: "any-of", values } }];
}

function between(
  field: ExecutionField,
  range: { readonly from: number | undefined; readonly to: number | undefined },
): FieldCondition<ExecutionField> {
  return { field, test: { test: "between", ...range } };
}
