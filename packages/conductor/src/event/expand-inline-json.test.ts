import { expect, test } from "vitest";
import { expandInlineJson } from "./expand-inline-json.js";

test("texts that hold an object or a list are read at any depth, others stay", () => {
  const inner = JSON.stringify({ list: JSON.stringify([1, { a: "{}" }]) });
  expect(expandInlineJson({ inner, deep: [{ inner: " [2]" }], text: "7", broken: "{a", plain: "x" })).toEqual(
    {
      inner: { list: [1, { a: {} }] },
      deep: [{ inner: [2] }],
      ...{ text: "7", broken: "{a", plain: "x" },
    },
  );
});

test("what no request may hold is left as text", () => {
  const deep = "[".repeat(1_000) + "]".repeat(1_000);
  const payload = { deep, polluting: '{"__proto__":{"admin":true}}' };
  expect(expandInlineJson(payload)).toEqual(payload);
});
