import { expect, test } from "vitest";
import { resolveActivityLimits } from "./activity-limits.js";

test("an activity without limits has none, and a key alone limits nothing", () => {
  expect(resolveActivityLimits("mail")).toBeUndefined();
  expect(resolveActivityLimits("mail", { key: "smtp" })).toBeUndefined();
});

test("limits are counted by the name of the activity unless they have a key", () => {
  expect(resolveActivityLimits("mail", { concurrency: 3 })).toEqual({ key: "mail", concurrency: 3 });
  expect(resolveActivityLimits("mail", { key: "smtp", rate: { limit: 5, period: "1 minute" } })).toEqual({
    key: "smtp",
    rate: { limit: 5, periodMs: 60_000 },
  });
});

test.each([
  ["limits.key", { key: "" }],
  ["limits.key", { key: "x".repeat(300) }],
  ["limits.concurrency", { concurrency: 0 }],
  ["limits.concurrency", { concurrency: 1.5 }],
  ["limits.rate.limit", { rate: { limit: 0, period: 1 } }],
  ["limits.rate.limit", { rate: { period: 1 } as never }],
  ["limits.rate.period", { rate: { limit: 1, period: 0 } }],
  ["limits.rate.period", { rate: { limit: 1, period: "soon" as never } }],
])("a wrong %s is refused", (field, options) => {
  expect(() => resolveActivityLimits("mail", options)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(field) as string }),
  );
});
