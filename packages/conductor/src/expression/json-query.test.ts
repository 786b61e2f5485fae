import { expect, test } from "vitest";
import { compileQuery } from "./json-query.js";

function problemOf(path: string): string | undefined {
  const query = compileQuery(path);
  return "problem" in query ? query.problem : undefined;
}

test.each([
  ["$..a..b", /descends \(\.\.\) more than once/],
  ["$..a[?@..b]", /descends/],
  ["$..a[?count(@..b) > 1]", /descends/],
  ["$[0,0][0,0][0,0][0,0][0,0]", /select a value 32 times/],
  ["$.a[?$..b]", /searches \$ again/],
  ["$.a[?count($.b) > 1]", /calls a function on \$/],
  ["$.a[?length($.b) > @.c]", /calls a function on \$/],
  ["$.a[?!($.b == $.c)]", /compares two values of \$/],
  ["$.a[?match(@.b, '(a+)+$')]", /match/],
  ["$.a[?search(@.b, '(a+)+$')]", /search/],
  ["$.a[?(@.b =~ /x/)]", /./],
  ["$.a[?(@.b in ['x'])]", /./],
  ["$.a[", /./],
])("%s is refused", (path, problem) => {
  expect(problemOf(path)).toMatch(problem);
});

test.each([
  "$..a",
  "$..a[?@.b == 1]",
  "$.a[0,1,2]['x','y']",
  "$.a[?@.b == $.c]",
  "$.a[?count(@.b[*]) > 1]",
  "$.a[?@.b && !@.c]",
])("%s is taken", (path) => {
  expect(problemOf(path)).toBeUndefined();
});

test("however long it is, a path is refused and not tried", () => {
  expect(problemOf(`$${"[0,0]".repeat(1_000)}`)).toMatch(/unions may select/);
  expect(problemOf(`$.a[?${"(".repeat(4_000)}@.b${")".repeat(4_000)}`)).toBeDefined();
});

test("a list of any length is searched", () => {
  const query = compileQuery("$[*].a");
  const many = Array.from({ length: 300_000 }, () => ({ a: 1 }));
  expect("problem" in query ? [] : query.select(many)).toHaveLength(300_000);
});
