import { PayloadTooLargeError } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { scopeOf, type ExpressionSurroundings } from "./expression-scope.js";
import { MAX_RESOLVED_CHARACTERS, resolveTemplate } from "./resolve.js";

const scope = scopeOf({
  workflow: {
    input: {
      name: "Ann",
      amount: 12.5,
      isPaid: false,
      nothing: null,
      address: { city: "Vigo", lines: ["a", "b"] },
      key: "b",
      index: 1,
      "two words": "spaced",
      "a.b": "dotted",
    },
    workflowId: "w-1",
    variables: { total: 3 },
  },
  list_ref: {
    output: {
      items: [
        { id: 1, tag: "x", price: 5 },
        { id: 2, tag: "y", price: 7 },
        { id: 3, tag: "x" },
      ],
      map: { a: ["a0", "a1"], b: ["b0", "b1"] },
      "order-id": "o-7",
    },
    status: "COMPLETED",
  },
  loop__ref: { output: { n: 4 } },
});

function resolve(template: unknown, surroundings?: ExpressionSurroundings): unknown {
  return resolveTemplate(template, scope, surroundings).value;
}

describe("a text that is one expression keeps the type of the value", () => {
  test.each([
    ["${workflow.input.name}", "Ann"],
    ["${workflow.input.amount}", 12.5],
    ["${workflow.input.isPaid}", false],
    ["${workflow.input.nothing}", null],
    ["${workflow.input.address}", { city: "Vigo", lines: ["a", "b"] }],
    ["${workflow.input.address.lines[0]}", "a"],
    ["${workflow.input.address.lines[-1]}", "b"],
    ["${workflow.input['two words']}", "spaced"],
    ['${workflow["input"]["a.b"]}', "dotted"],
    ["${$.workflow.workflowId}", "w-1"],
    ["${\n  workflow\n.input.name\n}", "Ann"],
    ["${\n workflow.input.name \n}", "Ann"],
    ["${list_ref.output.order-id}", "o-7"],
    ["${list_ref.status}", "COMPLETED"],
    ["${loop__ref.output.n}", 4],
    ["${list_ref.output.items.length()}", 3],
    ["${list_ref.output.items[*].price.sum()}", 12],
    ["${list_ref.output.map.keys()}", ["a", "b"]],
    ["${list_ref.output.items.last().id}", null],
  ])("%j", (template, value) => {
    expect(resolve(template)).toEqual(value);
  });
});

describe("what is not there is null", () => {
  test.each([
    "${workflow.input.missing}",
    "${workflow.input.name.deeper}",
    "${missing_ref.output}",
    "${workflow.input.address.lines[7]}",
    "${workflow.input.address.lines.length}",
    "${workflow.input.address.lines.0}",
    "${workflow.input.name.length}",
    "${workflow.input[}",
    "${workflow.input..}",
    "${.}",
    "${workflow input}",
    "${list_ref.output.items.rm()}",
    "${PATH}",
    "${CPEWF_TASK_ID}",
  ])("%s", (template) => {
    expect(resolve(template)).toBeNull();
  });
});

describe("paths that may find many give lists", () => {
  test.each([
    ["${list_ref.output.items[*].id}", [1, 2, 3]],
    ["${list_ref.output.items[?(@.tag == 'x')].id}", [1, 3]],
    ["${list_ref.output.items[?@.price > 5].tag}", ["y"]],
    ["${list_ref.output.items[?(@.id == $.workflow.variables.total)].id}", [3]],
    ["${list_ref.output.items[0:2].id}", [1, 2]],
    ["${list_ref..price}", [5, 7]],
    ["${$..price}", [5, 7]],
    ["${list_ref.output.items[?(@.tag == 'none')]}", []],
    ["${missing_ref.output.items[*]}", []],
    ["${workflow.input.name[*]}", []],
  ])("%s", (template, values) => {
    expect(resolve(template)).toEqual(values);
  });
});

describe("in other texts values are printed", () => {
  test.each([
    ["Order of ${workflow.input.name}!", "Order of Ann!"],
    ["${workflow.input.amount} for ${workflow.input.name}", "12.5 for Ann"],
    ["is ${workflow.input.nothing} or ${workflow.input.missing}", "is null or null"],
    ["at ${workflow.input.address}", 'at {"city":"Vigo","lines":["a","b"]}'],
    [" ${workflow.input.amount}", " 12.5"],
    ["${workflow.input.name}\n${workflow.input.name}", "Ann\nAnn"],
    ["a ${} b ${  } c", "a  b  c"],
    ["${}", ""],
    ["no expression $ { } $x", "no expression $ { } $x"],
    ["not closed ${workflow.input.name", "not closed ${workflow.input.name"],
    ["open ${ and ${workflow.input.name}", "open ${ and Ann"],
  ])("%j", (template, text) => {
    expect(resolve(template)).toBe(text);
  });
});

describe("two dollars stand for a literal expression", () => {
  test.each([
    ["$${workflow.input.name}", "${workflow.input.name}"],
    ["a $${x} b ${workflow.input.name}", "a ${x} b Ann"],
    ["$$${x}", "$${x}"],
    ["${workflow.input.name}$${x}", "Ann${x}"],
    ["$${ ${workflow.input.name} }", "${ Ann }"],
  ])("%j", (template, text) => {
    expect(resolve(template)).toBe(text);
  });
});

describe("expressions inside expressions are resolved from the inside out", () => {
  test.each([
    ["${list_ref.output.map.${workflow.input.key}[${workflow.input.index}]}", "b1"],
    ["${list_ref.output.map['${workflow.input.key}'][0]}", "b0"],
    ["${workflow.input.${workflow.input.missing}}", null],
    ["${${workflow.input.missing2}}", null],
    ["x ${list_ref.output.map.${workflow.input.key}} y", 'x ["b0","b1"] y'],
  ])("%j", (template, value) => {
    expect(resolve(template)).toEqual(value);
  });
});

test("values at any depth are resolved, keys are not", () => {
  expect(
    resolve({
      "${workflow.input.name}": ["${workflow.input.amount}", { deep: "${workflow.input.name}" }],
      n: 1,
    }),
  ).toEqual({ "${workflow.input.name}": [12.5, { deep: "Ann" }], n: 1 });
});

test("the id of the task and the operator's variables are known when they are given", () => {
  const surroundings = {
    taskId: "t-1",
    environment: { REGION: "eu", LIMITS: '{"max":[1,2]}', workflow: "no" },
  };
  expect(
    resolve(
      [
        "${CPEWF_TASK_ID}",
        "${REGION}",
        "${workflow.env.REGION}",
        "${workflow.env.LIMITS.max[1]}",
        "${workflow.env.REGION.x}",
        "${workflow.env.HOME}",
        "${workflow.workflowId}",
      ],
      surroundings,
    ),
  ).toEqual(["t-1", "eu", "eu", 2, null, null, "w-1"]);
});

test("a reference name goes before a variable of the same name", () => {
  expect(resolve("${list_ref}", { environment: { list_ref: "variable" } })).toMatchObject({
    status: "COMPLETED",
  });
});

test("values that take too much are refused, however they are shared", () => {
  const big = scopeOf({ workflow: { input: { text: "x".repeat(MAX_RESOLVED_CHARACTERS / 4) } } });
  const times = (count: number) => Array.from({ length: count }, () => "${workflow.input}");
  expect(() => resolveTemplate(times(3), big)).not.toThrow();
  expect(() => resolveTemplate(times(4), big)).toThrow(PayloadTooLargeError);
  expect(() => resolveTemplate(times(4).join(" "), big)).toThrow(PayloadTooLargeError);
});
