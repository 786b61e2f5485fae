// Searching among schedules, and how Conductor's clients see one.
import type { ScheduleSpecification } from "@heddle/core";
import type { JsonMap } from "../definition/json-bean.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import type { SearchRequest } from "../search/execution-search.js";
import { meets, typedConditions, type FieldKind } from "../search/field-test.js";
import { freeTextTest } from "../search/free-text.js";
import { parseQuery } from "../search/query-text.js";
import { byKeys, parseSort } from "../search/search-order.js";
import type { ScheduledStart } from "./scheduled-start.js";
import type { ScheduleTag } from "./schedule-tags.js";
import { isGiven } from "./schedule-timing.js";

const SCHEDULE_FIELDS = {
  scheduleName: "text",
  workflowName: "text",
  paused: { oneOf: ["TRUE", "FALSE"] },
  nextRunTime: "time",
} as const satisfies Readonly<Record<string, FieldKind>>;
type ScheduleField = keyof typeof SCHEDULE_FIELDS;
const SCHEDULE_ALIASES: Readonly<Record<string, ScheduleField>> = {
  name: "scheduleName",
  workflowType: "workflowName",
};

export interface ScheduleSearch extends SearchRequest {
  readonly workflowName?: string | undefined;
  /** A part of it. */
  readonly scheduleName?: string | undefined;
}

/** Those that match all that is given, in order. Throws `InvalidArgumentError` naming the parameter. */
export function matchingSchedules(
  specifications: readonly ScheduleSpecification[],
  request: Omit<ScheduleSearch, "start" | "size">,
): readonly ScheduleSpecification[] {
  const { query = "", freeText, sort, workflowName, scheduleName } = request;
  const conditions = typedConditions(parseQuery(query), SCHEDULE_FIELDS, SCHEDULE_ALIASES);
  const compare = byKeys(parseSort(sort, Object.keys(SCHEDULE_FIELDS) as ScheduleField[], SCHEDULE_ALIASES));
  const isWanted = freeTextTest(freeText);
  return specifications
    .map((specification) => ({ specification, facts: factsOf(specification) }))
    .filter(
      ({ facts }) =>
        (!isGiven(workflowName) || facts.workflowName === workflowName) &&
        (!isGiven(scheduleName) || facts.scheduleName.includes(scheduleName)) &&
        conditions.every(({ field, test }) => meets(test, facts[field])) &&
        (isWanted === undefined || isWanted(facts)),
    )
    .toSorted((left, right) => compare(left.facts, right.facts))
    .map(({ specification }) => specification);
}

export function scheduleJson(
  specification: ScheduleSpecification,
  tags: readonly ScheduleTag[] = [],
): JsonMap {
  const { schedule } = specification.input as ScheduledStart;
  const { paused, note, createdAtMs, updatedAtMs, nextTimeMs, timezone } = specification;
  return withoutAbsent({
    ...schedule,
    zoneId: timezone,
    paused,
    pausedReason: paused && isGiven(note) ? note : undefined,
    createTime: createdAtMs,
    updatedTime: updatedAtMs,
    nextRunTime: nextTimeMs,
    tags,
  });
}

function factsOf(specification: ScheduleSpecification) {
  return {
    scheduleName: specification.id,
    workflowName: startedBy(specification),
    paused: specification.paused ? "TRUE" : "FALSE",
    nextRunTime: specification.nextTimeMs,
  };
}

function startedBy({ input }: ScheduleSpecification): string {
  return (input as ScheduledStart).schedule.startWorkflowRequest.name;
}
