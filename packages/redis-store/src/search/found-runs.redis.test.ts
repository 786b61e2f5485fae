import type { AttributeCondition, GroupBy, RunFilter } from "@heddle/core";
import { CLOSED_STATUSES, OPEN_STATUSES, WORKFLOW_STATUSES } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import fc from "fast-check";
import { describe, test } from "vitest";
import { operation, SearchPair, times } from "../testing/search-pair.js";

const end = (values: readonly (number | Date)[]) =>
  fc.option(fc.record({ value: fc.constantFrom(...values), inclusive: fc.boolean() }), { nil: undefined });
const ends = fc.oneof(
  fc.record({ from: end([0, 1, 2.5, -1.5]), to: end([1, 10, 1e21]) }),
  fc.record({ from: end(times), to: end(times) }),
);
const name = fc.constantFrom("customer", "total", "due", "paid", "tags", "mixed", "nobody");
const scalar = fc.constantFrom<string | number | boolean | Date>(
  "ada",
  "1",
  1,
  0,
  10,
  true,
  new Date(1),
  ...times,
);
const condition: fc.Arbitrary<AttributeCondition> = fc.oneof(
  fc.record({ name, test: fc.constant("any-of" as const), values: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ name, test: fc.constant("prefix" as const), prefix: fc.constantFrom("a", "ada", "é", "") }),
  fc.record({ name, test: fc.constant("contains" as const), element: fc.constantFrom("x", "x y", "", "1") }),
  fc
    .record({ name, ends })
    .filter((given) => (given.ends.from ?? given.ends.to) !== undefined)
    .map(({ name: of, ends: { from, to } }) => ({
      ...{ name: of, test: "range" as const },
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    })),
);
const parts = {
  status: fc.oneof(
    fc.constant([...OPEN_STATUSES]),
    fc.constant([...CLOSED_STATUSES]),
    fc.subarray([...WORKFLOW_STATUSES]),
  ),
  type: fc.constantFrom("order", "invoice"),
  idPrefix: fc.constantFrom("a", "ab", "é"),
  version: fc.constantFrom("1", "2"),
  attributes: fc.array(condition, { minLength: 1, maxLength: 3 }),
};
// Mostly of few parts: with all of them hardly a run is found.
const filter = fc
  .tuple(fc.record(parts), fc.subarray(Object.keys(parts) as (keyof typeof parts)[], { maxLength: 2 }))
  .map(([all, keys]): RunFilter => Object.fromEntries(keys.map((key) => [key, all[key]])));
const groupBy: fc.Arbitrary<GroupBy> = fc.oneof(
  fc.constantFrom("status" as const, "type" as const, "version" as const),
  name.map((attribute) => ({ attribute })),
);

describe.each([
  ["by the attributes", { searchCandidates: 10_000, scanWindow: 500 }],
  ["window by window, because too many have the attributes", { searchCandidates: -1, scanWindow: 1 }],
])("runs are found %s:", (_way, limits) => {
  test("list, count and groups are those of a model, after every change", { timeout: 120_000 }, async () => {
    const checks = fc.array(fc.tuple(operation, filter, groupBy), {
      minLength: 5,
      maxLength: 25,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(checks, async (steps) => {
        const pair = await SearchPair.open(randomNamespace("search"), limits);
        for (const [each, by, groups] of steps) {
          await pair.perform(each);
          await pair.check(by, groups);
          await pair.check({}, groups);
        }
        await pair.checkEmpty();
      }),
      { numRuns: 50 },
    );
  });
});

test("times of creation bound lists and counts, from inclusive, to exclusive", async () => {
  const pair = await SearchPair.open(randomNamespace("search"), { searchCandidates: 10_000, scanWindow: 2 });
  const bare = { type: "order", version: "1", status: "failed", attributes: { a: 1 } } as const;
  for (const id of ["a", "ab", "a:b", "b", "é"]) await pair.perform({ what: "start", id, ...bare });
  const [first = 0, ...others] = [...pair.runs.values()].map((run) => run.createdAtMs);
  for (const toMs of [first, first + 1, ...others]) {
    for (const extra of [
      {},
      { idPrefix: "a" },
      { attributes: [{ name: "a", test: "any-of", values: [1] }] as const },
    ]) {
      await pair.check({ createdAt: { toMs }, ...extra }, "type");
      await pair.check({ createdAt: { fromMs: toMs }, ...extra }, "status");
      await pair.check({ createdAt: { fromMs: first, toMs: toMs + 1 }, ...extra }, "type");
    }
  }
});
