// What schedules did, tick by tick.
import type { DecodedRunEnds, WorkflowClient } from "@heddle/core";
import { isClosedStatus, type WorkflowSummary } from "@heddle/protocol";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { concurrently } from "../search/concurrently.js";
import type { SearchRequest } from "../search/execution-search.js";
import { meets, typedConditions, type FieldKind } from "../search/field-test.js";
import { freeTextTest } from "../search/free-text.js";
import { parseQuery } from "../search/query-text.js";
import { allRuns, assertReachable, pageOfRuns } from "../search/run-pages.js";
import { byKeys, parseSort } from "../search/search-order.js";
import { CONDUCTOR_SCHEDULE, type ScheduledStart } from "./scheduled-start.js";

const FIELDS = {
  executionId: "text",
  scheduleName: "text",
  workflowName: "text",
  workflowId: "text",
  state: { oneOf: ["POLLED", "EXECUTED", "FAILED"] },
  scheduledTime: "time",
  executionTime: "time",
} as const satisfies Readonly<Record<string, FieldKind>>;
type Field = keyof typeof FIELDS;

const ALIASES: Readonly<Record<string, Field>> = {
  workflowType: "workflowName",
  status: "state",
  startTime: "executionTime",
};

/**
 * A page of them, newest first unless `sort` says otherwise. Throws `InvalidArgumentError` naming the parameter, also for
 * a query that leaves more than 10,000 to look at.
 */
export async function searchScheduleExecutions(
  client: WorkflowClient,
  { query = "", freeText, sort, start, size }: SearchRequest,
): Promise<{ readonly totalHits: number; readonly results: readonly JsonMap[] }> {
  assertReachable({ start, size });
  const conditions = typedConditions(parseQuery(query), FIELDS, ALIASES);
  const order = parseSort(sort, Object.keys(FIELDS) as Field[], ALIASES);
  const isWanted = freeTextTest(freeText);
  const [only, ...others] = conditions;
  const filter = { type: CONDUCTOR_SCHEDULE, ...filterOf(conditions) };
  const isIndexed = only === undefined || (others.length === 0 && only.field === "scheduleName");
  if (isIndexed && isWanted === undefined && order.length === 0 && isOneValue(only)) {
    const { total, runs } = await pageOfRuns(client, filter, { start, size });
    return { totalHits: total, results: await executionsOf(client, runs) };
  }
  const found = (await allRuns(client, filter))
    .map((run) => ({ run, facts: factsOf(run) }))
    .filter(
      ({ facts }) =>
        conditions.every(({ field, test }) => meets(test, facts[field])) &&
        (isWanted === undefined || isWanted(facts)),
    );
  const compare = byKeys(order);
  const page = found
    .toSorted((left, right) => compare(left.facts, right.facts))
    .slice(start, start + size)
    .map(({ run }) => run);
  return { totalHits: found.length, results: await executionsOf(client, page) };
}

type Conditions = ReturnType<typeof typedConditions<Field>>;

/** The name of a schedule is the one thing that is asked for in each of many. */
function filterOf(conditions: Conditions) {
  for (const condition of conditions) {
    if (condition.field !== "scheduleName" || !isOneValue(condition)) continue;
    const { test } = condition;
    if (test.test === "any-of") return { attributes: { scheduleName: String(test.values[0]) } };
  }
  return {};
}

function isOneValue(condition: Conditions[number] | undefined): boolean {
  if (condition === undefined) return true;
  return condition.test.test === "any-of" && condition.test.values.length === 1;
}

function factsOf({ id, status, createdAt, attributes = {} }: WorkflowSummary) {
  const text = (name: string) => {
    const value = attributes[name];
    return typeof value === "string" ? value : undefined;
  };
  const scheduled = attributes["scheduledTime"];
  return {
    executionId: id,
    scheduleName: text("scheduleName"),
    workflowName: text("scheduledWorkflow"),
    workflowId: text("startedWorkflowId"),
    state: !isClosedStatus(status) ? "POLLED" : status === "completed" ? "EXECUTED" : "FAILED",
    scheduledTime: scheduled instanceof Date ? scheduled.getTime() : undefined,
    executionTime: createdAt.getTime(),
  };
}

async function executionsOf(client: WorkflowClient, runs: readonly WorkflowSummary[]): Promise<JsonMap[]> {
  const ends = await concurrently(runs, ({ id }) => client.ends(id));
  return ends.flatMap((each) => (each === undefined ? [] : [executionJson(each)]));
}

function executionJson({ run, first, last }: DecodedRunEnds): JsonMap {
  const input = first?.["input"] as ScheduledStart | undefined;
  const failure = last?.["failure"];
  return withoutAbsent({
    ...factsOf(run),
    reason: isJsonMap(failure) ? failure["message"] : undefined,
    zoneId: input?.schedule.zoneId ?? "UTC",
    startWorkflowRequest: input?.schedule.startWorkflowRequest,
  });
}
