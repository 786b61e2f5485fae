import { describe, expect, test } from "vitest";
import { EXECUTION_ALIASES, EXECUTION_FIELDS } from "./execution-facts.js";
import { meets, typedConditions } from "./field-test.js";
import { parseQuery } from "./query-text.js";

const tests = (query: string) => typedConditions(parseQuery(query), EXECUTION_FIELDS, EXECUTION_ALIASES);
const holds = (query: string, value: string | number | undefined) =>
  tests(query).every((condition) => meets(condition.test, value));

test.each([
  ["workflowType=a", "a", true],
  ["workflowType=a", "A", false],
  ["workflowType=a", undefined, false],
  ["workflowType IN (a,b)", "b", true],
  ["workflowType='a*'", "abc", true],
  ["workflowType='*b*d'", "abcd", true],
  ["workflowType='*b*b'", "ab", false],
  ["workflowType='a*a'", "a", false],
  ["workflowType='*'", "", true],
  ["workflowType IN ('a*')", "abc", false],
  ["startTime>5", 5, false],
  ["startTime>5", 6, true],
  ["startTime>=5 AND startTime<=5", 5, true],
  ["startTime<5", 5, false],
  ["startTime=5", 5, true],
  ["modifiedTime IN (5,7)", 7, true],
  ["startTime=1970-01-01T00:00:00.005Z", 5, true],
  ["version=2", 2, true],
  ["status=running", "RUNNING", true],
  ["status='T*'", "TIMED_OUT", true],
  ["status IN (FAILED,PAUSED)", "RUNNING", false],
])("%s of %j is %s", (query, value, expected) => {
  expect(holds(query, value)).toBe(expected);
});

test("a wildcard takes time in proportion to the text", () => {
  const pattern = `workflowType='${"*a".repeat(500)}*b'`;
  expect(holds(pattern, "a".repeat(100_000))).toBe(false);
});

describe("refused by name of the field and place", () => {
  test.each([
    ["taskType=x", "taskType"],
    ["constructor=x", "constructor"],
    ["__proto__=x", "__proto__"],
    ["status=DONE", "character 8"],
    ["startTime=yesterday", "character 11"],
    ["startTime>1e9", "character 11"],
    ["startTime=2026-99-99", "character 11"],
    ["version=one", "character 9"],
    ["workflowType>a", "workflowType by >"],
    ["status<RUNNING", "status by <"],
  ])("%s", (query, part) => {
    expect(() => tests(query)).toThrow(part);
  });
});
