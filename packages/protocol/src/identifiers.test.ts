import { describe, expect, test } from "vitest";
import { InvalidArgumentError } from "./errors.js";
import {
  assertIdempotencyKey,
  assertName,
  assertNamespace,
  assertQueueName,
  assertSignalId,
  assertWorkflowId,
  assertWorkflowType,
  MAX_IDEMPOTENCY_KEY_BYTES,
  MAX_NAME_BYTES,
  MAX_SIGNAL_ID_BYTES,
  MAX_TYPE_BYTES,
  MAX_WORKFLOW_ID_BYTES,
} from "./identifiers.js";

type Check = (value: unknown) => void;

const visible: [string, Check, number][] = [
  ["workflow id", (value) => assertWorkflowId(value), MAX_WORKFLOW_ID_BYTES],
  ["workflow type", (value) => assertWorkflowType(value), MAX_TYPE_BYTES],
  ["signal name", (value) => assertName(value, "signal name"), MAX_NAME_BYTES],
  ["idempotencyKey", (value) => assertIdempotencyKey(value), MAX_IDEMPOTENCY_KEY_BYTES],
];

describe.each(visible)("a %s", (what, check, maxBytes) => {
  test("may hold separators, spaces inside, capitals and any script", () => {
    for (const id of ["order-1", "a:b/c|d{e}", "Order 1", "注文-1", "👍", "é", "e\u0301"]) check(id);
  });

  test("may take exactly its limit in UTF-8 bytes", () => {
    check("x".repeat(maxBytes));
    check(`${"é".repeat(Math.floor(maxBytes / 2))}${"x".repeat(maxBytes % 2)}`);
  });

  test.each<[string, unknown, RegExp]>([
    ["no text", 5, /must be a string, got number/],
    ["missing", undefined, /must be a string, got undefined/],
    ["null", null, /must be a string/],
    ["empty", "", /is empty/],
    ["blank", " \t ", /is empty/],
    ["half a character", "order-\ud800", /lone surrogate/],
    ["with a line break", "order\n1", /control character/],
    ["with a zero byte", "order\u0000", /control character/],
    ["with an escape", "\u001b[31mred", /control character/],
    ["with a C1 control", "order\u0085", /control character/],
    ["with a line separator", "order\u2028", /control character/],
    ["with a right-to-left override", "order\u202e1", /control character/],
    ["with an isolate", "order\u2066", /control character/],
  ])("is refused when it is %s", (_problem, value, message) => {
    const call = (): void => check(value);
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(message);
    expect(call).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: what }) as unknown }),
    );
  });

  test("is refused one byte over its limit, counted in UTF-8", () => {
    expect(() => check("x".repeat(maxBytes + 1))).toThrow(
      new RegExp(`takes ${maxBytes + 1} UTF-8 bytes; the limit is ${maxBytes}`),
    );
    expect(() => check("é".repeat(Math.floor(maxBytes / 2) + 1))).toThrow(/UTF-8 bytes/);
  });
});

test("an id that is refused is shown in short", () => {
  expect(() => assertWorkflowId("x".repeat(100_000))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{0,200}$/) as string }),
  );
});

describe("a signalId", () => {
  test("is opaque: spaces, separators and controls are taken as they are", () => {
    for (const id of [
      " ",
      "anonymous:upstream-42",
      "a\u0000b",
      "{T}:s:1",
      "\n",
      "x".repeat(MAX_SIGNAL_ID_BYTES),
    ]) {
      assertSignalId(id);
    }
  });

  test.each([
    ["empty", ""],
    ["no text", 5],
    ["missing", undefined],
    ["half a character", "\udc00"],
    ["one byte too long", "x".repeat(MAX_SIGNAL_ID_BYTES + 1)],
    ["too long in UTF-8", "é".repeat(MAX_SIGNAL_ID_BYTES / 2 + 1)],
  ])("is refused when it is %s", (_problem, value) => {
    expect(() => assertSignalId(value)).toThrow(InvalidArgumentError);
    expect(() => assertSignalId(value)).toThrow(/signalId/);
  });
});

describe.each<[string, Check]>([
  ["namespace", (value) => assertNamespace(value)],
  ["queue", (value) => assertQueueName(value)],
])("a %s", (what, check) => {
  test("is made of letters, digits, dot, underscore and dash", () => {
    for (const name of ["default", "A.b_c-9", "x".repeat(64)]) check(name);
  });

  test.each([
    ["empty", ""],
    ["with a colon", "a:b"],
    ["with braces", "{a}"],
    ["with a space", "a b"],
    ["with a final line break", "a\n"],
    ["in another script", "é"],
    ["too long", "x".repeat(65)],
    ["no text", 5n],
    ["missing", undefined],
  ])("is refused when it is %s", (_problem, value) => {
    expect(() => check(value)).toThrow(InvalidArgumentError);
    expect(() => check(value)).toThrow(expect.objectContaining({ details: { field: what } }));
  });
});
