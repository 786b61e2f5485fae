import { expect, test } from "vitest";
import { conditionInput } from "./condition-input.js";

const own = { name: "loop", output: { iteration: 3, 1: { a: {} }, 2: { a: {} }, 3: { a: {} } } };
const values = { most: 5, a: { n: 1 }, unused: "x" };

test.each([
  ["if ($.loop['iteration'] < $.most) { true } else { false }", { loop: { iteration: 3 }, most: 5 }],
  ['$.loop["iteration"] < 7 && $["a"].n > 0', { loop: { iteration: 3 }, a: { n: 1 } }],
  ["$.a.n < 2", { loop: { iteration: 3 }, a: { n: 1 } }],
])("%s is sent what it names", (script, input) => {
  expect(conditionInput(script, { values, own })).toEqual(input);
});

test.each([
  "$.loop['2'].a.n > 1",
  "const all = $; all.loop.iteration < 2",
  "Object.keys($).length > 1",
  "$[name] < 1",
  "with (x) { iteration }",
  "this['$'].unused",
  "$.l\\u006fop[2]",
])("%s is sent all iterations", (script) => {
  expect(conditionInput(script, { values, own })["loop"]).toBe(own.output);
});
