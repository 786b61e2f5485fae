import { InvalidArgumentError } from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import { activity } from "./activity.js";
import type { WorkflowContext } from "./context.js";
import { query } from "./query.js";
import { signal } from "./signal.js";
import { DEFAULT_RETENTION_MS, workflow } from "./workflow.js";

const charge = activity({ name: "charge-card", execute: () => 1 });
const refund = activity({ name: "refund", execute: () => 2 });

test("a definition has version 1 and a retention of 7 days unless told otherwise", () => {
  const definition = workflow({ name: "order" }).execute(nothing);
  expect(definition).toMatchObject({
    kind: "workflow",
    name: "order",
    version: "1",
    retentionMs: DEFAULT_RETENTION_MS,
    activities: {},
    description: undefined,
    inputSchema: undefined,
    attributeTypes: {},
  });
  expect(DEFAULT_RETENTION_MS).toBe(604_800_000);
});

test("a definition keeps what it was given", () => {
  const inputSchema = {
    "~standard": { version: 1, vendor: "test", validate: () => ({ value: 1 }) },
  } as const;
  const definition = workflow({
    name: "order",
    version: "2024-05-01",
    description: "Sells",
    retention: "30 days",
    inputSchema,
  }).execute(nothing);
  expect(definition).toMatchObject({
    version: "2024-05-01",
    description: "Sells",
    retentionMs: 30 * 86_400_000,
    inputSchema,
  });
});

test("activities of several calls are collected, and a builder can be continued in two ways", () => {
  const start = workflow({ name: "order" }).activities({ charge });
  const withRefund = start.activities({ refund }).execute(nothing);
  const without = start.execute(nothing);
  expect(withRefund.activities).toEqual({ charge, refund });
  expect(without.activities).toEqual({ charge });
});

test("running a definition calls the code with context and input", () => {
  const definition = workflow({ name: "order" }).execute(function* (ctx, input: number) {
    return [ctx.workflowId, input];
  });
  const context = { workflowId: "order-1" } as WorkflowContext;
  expect(definition.run(context, 5).next()).toEqual({ done: true, value: ["order-1", 5] });
});

describe("refused:", () => {
  test.each<[string, () => unknown]>([
    ["an empty name", () => workflow({ name: "" })],
    ["a name over 64 bytes", () => workflow({ name: "x".repeat(65) })],
    ["a name with a line break", () => workflow({ name: "a\nb" })],
    ["an empty version", () => workflow({ name: "order", version: "" })],
    ["a version over 128 bytes", () => workflow({ name: "order", version: "1".repeat(129) })],
    ["a retention that is no duration", () => workflow({ name: "order", retention: "a while" })],
    ["a negative retention", () => workflow({ name: "order", retention: -1 })],
    [
      "an activity that is a function",
      () => workflow({ name: "order" }).activities({ charge: (() => 1) as never }),
    ],
    ["a signal without a name", () => workflow({ name: "order" }).signals({ approve: { name: "" } })],
    ["a query without a name", () => workflow({ name: "order" }).queries({ phase: { name: "" } })],
    [
      "an attribute of an unknown type",
      () => workflow({ name: "order" }).searchAttributes({ total: "integer" as "number" }),
    ],
    ["an attribute without a name", () => workflow({ name: "order" }).searchAttributes({ "": "string" })],
    ["tags that are no list", () => workflow({ name: "order" }).searchAttributes({ tags: "string" })],
    ["no code", () => workflow({ name: "order" }).execute(undefined as never)],
  ])("%s", (_what, define) => {
    expect(define).toThrow(InvalidArgumentError);
  });
});

test("signal and query handles are their names at run time", () => {
  expect(signal<number>("approve")).toEqual({ name: "approve" });
  expect(query<number, string>("phase")).toEqual({ name: "phase" });
});

test.each([
  ["empty", ""],
  ["too long", "x".repeat(129)],
  ["with a control character", "a\u0007"],
  ["no text", 5],
])("a signal or query name that is %s is refused", (_what, name) => {
  expect(() => signal(name as string)).toThrow(InvalidArgumentError);
  expect(() => signal(name as string)).toThrow(/signal name/);
  expect(() => query(name as string)).toThrow(InvalidArgumentError);
  expect(() => query(name as string)).toThrow(/query name/);
});

function* nothing(): Generator<never, void> {
  yield* [];
}
