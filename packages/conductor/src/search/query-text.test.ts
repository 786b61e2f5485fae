import { describe, expect, test } from "vitest";
import { parseQuery } from "./query-text.js";

const texts = (query: string) =>
  parseQuery(query).map(({ field, operator, values }) => [
    field,
    operator,
    ...values.map(({ text }) => text),
  ]);

describe("a query", () => {
  test.each([
    ["", []],
    ["   ", []],
    ["status=RUNNING", [["status", "=", "RUNNING"]]],
    ['workflowId="a-b"', [["workflowId", "=", "a-b"]]],
    ["workflowType = 'it''s'", undefined],
    [String.raw`correlationId = "say \"hi\" \\ AND"`, [["correlationId", "=", 'say "hi" \\ AND']]],
    [
      "workflowType IN (a, 'b c' ,\"d\")  and startTime>5 AND endTime<=7",
      [
        ["workflowType", "IN", "a", "b c", "d"],
        ["startTime", ">", "5"],
        ["endTime", "<=", "7"],
      ],
    ],
    ["status in(FAILED)", [["status", "IN", "FAILED"]]],
    ["workflowType=order*", [["workflowType", "=", "order*"]]],
    ["startTime>2026-11-22T10:00:00Z", [["startTime", ">", "2026-11-22T10:00:00Z"]]],
    ["android=1", [["android", "=", "1"]]],
  ])("%j is read", (query, expected) => {
    if (expected === undefined) expect(() => parseQuery(query)).toThrow();
    else expect(texts(query)).toEqual(expected);
  });

  test.each([
    ["status", "character 7"],
    ["=5", "character 1"],
    ["status=", "character 8"],
    ["status = RUNNING OR status = FAILED", "character 18"],
    ["status=RUNNING AND", "character 19"],
    ["status IN RUNNING", "character 11"],
    ["status IN ()", "character 12"],
    ["status IN (A B)", "character 14"],
    ["status IN (A", "character 13"],
    ["status = 'A", "character 10"],
    ["status != A", "character 8"],
    ["status=A status=B", "character 10"],
    ["a' OR '1'='1", "character 2"],
  ])("%j is refused, and the place is named", (query, place) => {
    expect(() => parseQuery(query)).toThrow(place);
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ details: { field: "query" } }));
  });

  test("what is too long or has too many parts is refused", () => {
    expect(() => parseQuery("x".repeat(40_000))).toThrow("40000 characters");
    expect(() => parseQuery(Array(21).fill("status=A").join(" AND "))).toThrow("more than 20 conditions");
    expect(() => parseQuery(`status IN (${Array(1001).fill("A").join(",")})`)).toThrow(
      "more than 1000 values",
    );
  });
});
