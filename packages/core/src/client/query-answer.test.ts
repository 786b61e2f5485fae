import {
  encodePayload,
  InvalidArgumentError,
  QueryFailedError,
  QueryNotFoundError,
  QueryUnavailableError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import type { QueryReply } from "../store/accepting-store.js";
import { answerOf, assertQueryOptions, type QueryOptions } from "./query-answer.js";

const ask = (reply: QueryReply, strict = false): unknown =>
  answerOf({ workflowId: "order-1", name: "phase", reply, strict });

describe.each([true, false])("a query, strict %s,", (strict) => {
  test("is answered with the decoded value", () => {
    expect(ask({ outcome: "answered", result: encodePayload(new Set([1])) }, strict)).toEqual(new Set([1]));
  });

  test.each<[QueryReply, new (message: string) => Error, RegExp]>([
    [{ outcome: "not-found" }, WorkflowNotFoundError, /no workflow "order-1"/],
    [{ outcome: "held", reason: "nobody has type order" }, QueryUnavailableError, /nobody has type order/],
    [
      { outcome: "failed", name: "RangeError", message: "no phase" },
      QueryFailedError,
      /"phase" .*RangeError: no phase/,
    ],
  ])("throws for the reply %j", (reply, Class, message) => {
    expect(() => ask(reply, strict)).toThrow(Class);
    expect(() => ask(reply, strict)).toThrow(message);
  });
});

const silent: [QueryReply, new (message: string) => Error, RegExp][] = [
  [
    { outcome: "no-such-query", known: ["state", "total"] },
    QueryNotFoundError,
    /no query "phase"; it answers state, total/,
  ],
  [{ outcome: "no-such-query", known: [] }, QueryNotFoundError, /it answers none/],
  [{ outcome: "suspended" }, WorkflowNotRunningError, /is suspended/],
  [{ outcome: "closed" }, WorkflowNotRunningError, /is closed/],
];
test.each(silent)("%j is undefined, and with strict the reason is thrown", (reply, Class, message) => {
  expect(ask(reply)).toBeUndefined();
  expect(() => ask(reply, true)).toThrow(Class);
  expect(() => ask(reply, true)).toThrow(message);
});

test("an unknown query names those that exist in its details", () => {
  expect(() => ask({ outcome: "no-such-query", known: ["state"] }, true)).toThrow(
    expect.objectContaining({ details: { workflowId: "order-1", query: "phase", known: ["state"] } }),
  );
});

test.each<QueryOptions>([{}, { strict: true }, { timeoutMs: 1 }])("query takes the options %j", (options) => {
  expect(() => assertQueryOptions(options)).not.toThrow();
});

test.each<object>([
  { timeoutMs: 0 },
  { timeoutMs: -1 },
  { timeoutMs: Number.NaN },
  { timeoutMs: Number.POSITIVE_INFINITY },
  { timeoutMs: "5" },
  { timeout: 5 },
])("query refuses the options %j", (options) => {
  expect(() => assertQueryOptions(options as QueryOptions)).toThrow(InvalidArgumentError);
});
