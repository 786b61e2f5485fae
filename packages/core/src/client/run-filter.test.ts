import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { runFilterOf, type RunFilterOptions } from "./run-filter.js";

const day = new Date(86_400_000);

test("an empty filter stays empty, so that lists by type and status cost what they did", () => {
  expect(runFilterOf({})).toEqual({});
  expect(runFilterOf({ attributes: {}, tags: [] })).toEqual({});
});

test.each<[RunFilterOptions, object]>([
  [{ status: ["running", "running"] }, { status: ["running"] }],
  [{ createdAt: { from: day, to: 1.5 } }, { createdAt: { fromMs: 86_400_000, toMs: 2 } }],
  [
    { idPrefix: "order-", version: "2" },
    { idPrefix: "order-", version: "2" },
  ],
  [{ attributes: { a: "x" } }, { attributes: [{ name: "a", test: "any-of", values: ["x"] }] }],
  [
    { attributes: { a: { in: [1, day] } } },
    { attributes: [{ name: "a", test: "any-of", values: [1, day] }] },
  ],
  [
    { attributes: { a: { gte: 1, lt: 5 }, b: { gt: day } } },
    {
      attributes: [
        {
          name: "a",
          test: "range",
          from: { value: 1, inclusive: true },
          to: { value: 5, inclusive: false },
        },
        { name: "b", test: "range", from: { value: day, inclusive: false } },
      ],
    },
  ],
  [
    { attributes: { a: { lte: 0 } } },
    { attributes: [{ name: "a", test: "range", to: { value: 0, inclusive: true } }] },
  ],
  [{ attributes: { a: { prefix: "x" } } }, { attributes: [{ name: "a", test: "prefix", prefix: "x" }] }],
  [
    { attributes: { a: { contains: ["x", "y"] } }, tags: ["vip"] },
    {
      attributes: [
        { name: "a", test: "contains", element: "x" },
        { name: "a", test: "contains", element: "y" },
        { name: "tags", test: "contains", element: "vip" },
      ],
    },
  ],
])("%j is normalised", (options, filter) => {
  expect(runFilterOf(options)).toEqual(filter);
});

test.each<[string, object]>([
  ["attributes", { attributes: "x" }],
  ["attributes", { attributes: { a: null } }],
  ["attributes", { attributes: { a: ["x"] } }],
  ["attributes", { attributes: { a: {} } }],
  ["attributes", { attributes: { a: { like: "x" } } }],
  ["attributes", { attributes: { a: { in: "x" } } }],
  ["attributes", { attributes: { a: { in: [["x"]] } } }],
  ["attributes", { attributes: { a: { in: Array.from({ length: 101 }, String) } } }],
  ["attributes", { attributes: { a: { prefix: 5 } } }],
  ["attributes", { attributes: { a: { prefix: "x", in: ["x"] } } }],
  ["attributes", { attributes: { a: { contains: [5] } } }],
  ["attributes", { attributes: { a: { gt: "5" } } }],
  ["attributes", { attributes: { a: { gt: 1, gte: 1 } } }],
  ["attributes", { attributes: { a: { gt: 1, lt: day } } }],
  ["attributes", { attributes: { a: Number.POSITIVE_INFINITY } }],
  [
    "attributes",
    { attributes: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`a${index}`, 1])) },
  ],
  ["attribute name", { attributes: { "": 1 } }],
  ["tags", { tags: "vip" }],
  ["attributes", { tags: [5] }],
  ["createdAt", { createdAt: { since: 5 } }],
  ["createdAt.from", { createdAt: { from: new Date(Number.NaN) } }],
  ["idPrefix", { idPrefix: "" }],
  ["version", { version: 5 }],
  ["status", { status: "done" }],
])("%s is refused in %j", (field, options) => {
  const filtering = (): unknown => runFilterOf(options);
  expect(filtering).toThrow(InvalidArgumentError);
  expect(filtering).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ field }) as object }) as Error,
  );
});
