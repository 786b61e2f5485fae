import { expect, test } from "vitest";
import { isConditionMet } from "./condition-result.js";

test.each([
  [true, true],
  [1, true],
  [0.5, true],
  [false, false],
  [0, false],
  [-1, false],
  [Number.NaN, false],
  ["true", false],
  [null, false],
  [undefined, false],
  [{}, false],
  [[1], false],
])("%j as a condition is %j", (result, met) => {
  expect(isConditionMet(result)).toBe(met);
});
