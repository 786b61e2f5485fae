import type { AttributeFilter, RunFilterOptions } from "@heddle/core";
import {
  isClosedStatus,
  WORKFLOW_STATUSES,
  type AttributeValue,
  type WorkflowSummary,
} from "@heddle/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EXECUTION_FIELDS, EXECUTION_STATUSES, factsOf } from "./execution-facts.js";
import { planOf } from "./execution-plan.js";
import { typedConditions } from "./field-test.js";
import { parseQuery } from "./query-text.js";

const times = [0, 5, 6, 9, 10, 20];
const time = fc.constantFrom(...times);

/** Any run that can be: one that its code ended has told so, with a time; of any other the code told what it knew. */
const run = fc
  .record({
    status: fc.constantFrom(...WORKFLOW_STATUSES.filter((status) => status !== "continued")),
    open: fc.constantFrom("RUNNING", "PAUSED"),
    failed: fc.constantFrom("FAILED", "TIMED_OUT", "TERMINATED", undefined),
    name: fc.constantFrom("pay", "pay-2", "ship"),
    correlationId: fc.constantFrom("a", "ab", undefined),
    parent: fc.constantFrom("p", undefined),
    version: fc.constantFrom(1, 2),
    ...{ createdAt: time, lasted: time, id: fc.constantFrom("w1", "w2", "x1") },
  })
  .map((given): WorkflowSummary => {
    const { status, open, failed, name, correlationId, parent, version, createdAt, lasted, id } = given;
    const told = status === "completed" ? "COMPLETED" : status === "failed" ? failed : undefined;
    const updatedAt = new Date(createdAt + lasted);
    return {
      ...{ id, runId: id, type: "conductor.workflow", version: "1", status },
      ...{ createdAt: new Date(createdAt), updatedAt },
      attributes: {
        ...{ workflowType: name, workflowVersion: version, status: told ?? open },
        ...(correlationId === undefined ? {} : { correlationId }),
        ...(parent === undefined ? { topLevel: true } : { parentWorkflowId: parent }),
        ...(told === undefined ? {} : { endTime: updatedAt }),
      },
    };
  });

const text = (field: string, values: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(...values).map((value) => `${field}='${value}'`),
    fc.subarray([...values], { minLength: 1 }).map((some) => `${field} IN (${some.join(",")})`),
    fc.constantFrom("p*", "*2", "a*", "*", "p*y", "w*").map((pattern) => `${field}='${pattern}'`),
  );
const number = (field: string) =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom("=", "<", "<=", ">", ">="), time)
      .map(([operator, value]) => `${field}${operator}${value}`),
    time.map((value) => `${field} IN (1,${value})`),
  );
const query = fc
  .array(
    fc.oneof(
      text("workflowType", ["pay", "ship", "none"]),
      text("correlationId", ["a", "ab", "c"]),
      text("parentWorkflowId", ["p"]),
      text("workflowId", ["w1", "x1"]),
      fc
        .subarray([...EXECUTION_STATUSES], { minLength: 1 })
        .map((statuses) => `status IN (${statuses.join(",")})`),
      ...["startTime", "endTime", "updateTime", "version"].map(number),
    ),
    { maxLength: 4 },
  )
  .map((conditions) => conditions.join(" AND "));

test("what matches meets one filter, and what meets an exact one matches", () => {
  fc.assert(
    fc.property(run, query, fc.boolean(), (each, asked, topLevelOnly) => {
      const plan = planOf(typedConditions(parseQuery(asked), EXECUTION_FIELDS), { topLevelOnly });
      const found = plan.filters.filter(({ filter }) => finds(filter, each));
      const isMatch = plan.matches(factsOf(each));
      expect(found.length).toBeLessThanOrEqual(1);
      if (plan.ids !== undefined) expect(plan.ids.includes(each.id) || !isMatch).toBe(true);
      else if (isMatch) expect(found).toHaveLength(1);
      else expect(found.some(({ isExact }) => isExact)).toBe(false);
    }),
    { numRuns: 20_000 },
  );
});

/** What `list` promises of a filter; see `docs/search.md`. */
function finds(filter: RunFilterOptions, each: WorkflowSummary): boolean {
  const { status, idPrefix = "", createdAt: { from, to } = {}, attributes = {} } = filter;
  const at = each.createdAt.getTime();
  return (
    (status === undefined || [status].flat().includes(each.status)) &&
    each.id.startsWith(idPrefix) &&
    at >= Number(from ?? at) &&
    at < Number(to ?? Number.POSITIVE_INFINITY) &&
    Object.entries(attributes).every(([name, test]) => holds(test, each.attributes?.[name]))
  );
}

function holds(test: AttributeFilter, value: AttributeValue | undefined): boolean {
  if (value === undefined) return false;
  if (typeof test !== "object" || test instanceof Date) return test === value;
  if ("in" in test) return test.in.includes(value as string);
  if ("prefix" in test) return typeof value === "string" && value.startsWith(test.prefix);
  if ("contains" in test) return false;
  const { gte, lte } = test;
  return value >= (gte ?? value) && value <= (lte ?? value);
}

test("the statuses of a run and of its execution belong together", () => {
  fc.assert(
    fc.property(run, (each) => {
      const { status, endTime } = factsOf(each);
      expect(status === "RUNNING" || status === "PAUSED").toBe(!isClosedStatus(each.status));
      expect(endTime === undefined).toBe(!isClosedStatus(each.status));
    }),
  );
});
