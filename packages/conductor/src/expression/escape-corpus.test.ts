// What is tried against template engines, as expressions and as data: nothing runs, nothing is reached, nothing changes.
import { describe, expect, test } from "vitest";
import { scopeOf } from "./expression-scope.js";
import { resolveTemplate } from "./resolve.js";

const scope = scopeOf({
  workflow: { input: { items: [{ name: "a" }], text: "abc" }, variables: {} },
  task_ref: { output: { name: "n" } },
});

const reaches = [
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "workflow.constructor",
  "workflow.__proto__",
  "workflow.__proto__.polluted",
  "workflow['__proto__']['constructor']",
  "workflow.input.text.constructor",
  "workflow.input.items.constructor",
  "workflow.input.items.push",
  "workflow.input.items.length",
  "task_ref.output.valueOf",
  "constructor.constructor('return process')()",
  "workflow.constructor.constructor('return process')()",
  "(()=>process.exit())()",
  "process.env.PATH",
  "process",
  "global",
  "globalThis.process",
  "require('fs')",
  "import('fs')",
  "this",
  "7*7",
  "T(java.lang.Runtime).getRuntime().exec('id')",
  "workflow.input.items[(@.length-1)]",
  "workflow.input.items[?(process.exit(1))]",
  "workflow.input.items[?(@.name.constructor('return 1')())]",
  "workflow.input.items[?(@.name =~ /(a+)+$/)]",
  "workflow.input.items[?match(@.name, '(a+)+$')]",
  "workflow.input.items[?search(@.name, '(a+)+$')]",
  "redis.call('FLUSHALL')",
  "workflow.input; return redis.call('KEYS','*')",
];

describe("as an expression it finds nothing", () => {
  test.each(reaches)("%s", (path) => {
    expect(resolveTemplate(`\${${path}}`, scope).value).toBeNull();
    expect(resolveTemplate(`<\${${path}}>`, scope).value).toBe("<null>");
  });

  test.each([
    "workflow.input.items[?(@.constructor)]",
    "workflow.input.items[?@.__proto__]",
    "workflow..constructor",
  ])("%s", (path) => expect(resolveTemplate(`\${${path}}`, scope).value).toEqual([]));
});

describe("as data it stays the text that it is", () => {
  test.each([
    ...reaches.map((path) => `\${${path}}`),
    "{{7*7}}",
    "<%= 7*7 %>",
    "#{7*7}",
    "$(id)",
    "`id`",
    "'; return 1 --",
    "heddle:{other}:run",
    "\r\nX-Injected: 1",
    "http://other-tenant/${workflow.input.text}",
    "$${escaped}",
  ])("%j", (text) => {
    const withText = scopeOf({ workflow: { input: { text } } });
    expect(
      resolveTemplate({ a: "${workflow.input.text}", b: ["<${workflow.input.text}>"] }, withText).value,
    ).toEqual({ a: text, b: [`<${text}>`] });
  });
});

test("keys such as __proto__ stay own keys and change no prototype", () => {
  const template: unknown = JSON.parse(
    '{"__proto__":{"polluted":"${workflow.input.text}"},"constructor":{"prototype":{}}}',
  );
  const { value } = resolveTemplate(template, scope);
  expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":"abc"},"constructor":{"prototype":{}}}');
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("a value put into a path is no expression, even when it names itself", () => {
  const find = (key: string) =>
    resolveTemplate(
      "${workflow.input.map.${workflow.input.key}}",
      scopeOf({ workflow: { input: { key, one: "a", map: { a: 1 } } } }),
    ).value;
  expect(find("a")).toBe(1);
  for (const key of [
    "${workflow.input.one}",
    "${workflow.input.key}",
    "$${workflow.input.one}",
    "${",
    "a}",
  ]) {
    expect(find(key)).toBeNull();
  }
  expect(find("x".repeat(100_000))).toBeNull();
});

test("a value put into a path finds nothing beside what stands before it", () => {
  const template = "${workflow.input.map['${workflow.input.key}']}";
  const find = (key: string) =>
    resolveTemplate(template, scopeOf({ workflow: { input: { key, map: { a: 1 }, other: "OTHER" } } })).value;
  expect(find("a")).toBe(1);
  for (const key of [
    ...["__proto__", "constructor", "}${workflow.secrets.KEY}", "${workflow.input.other}", "\\", "'"],
    ...["a']..['other", "*'],[*],['", "']}${workflow.input.other}", "'],$.workflow.input.other,['"],
  ]) {
    expect(JSON.stringify(find(key))).not.toContain("OTHER");
  }
});

test("numbers are passed on as they are", () => {
  for (const number of [Number.MAX_SAFE_INTEGER, -0, 5e-324, 1.7976931348623157e308, 0.1]) {
    const withNumber = scopeOf({ workflow: { input: { number } } });
    expect(resolveTemplate("${workflow.input.number}", withNumber).value).toBe(number);
  }
});
