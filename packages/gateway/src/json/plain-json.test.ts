import { decodePayload, encodePayload, HeddleError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { toPlainJson } from "./plain-json.js";

test.each([
  ["a date is ISO text", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["an invalid date is null", new Date(Number.NaN), null],
  ["a map with text keys is an object", new Map([["a", 1]]), { a: 1 }],
  [
    "a map with other keys is a list of pairs",
    new Map<unknown, unknown>([
      [1, "a"],
      ["b", 2],
    ]),
    [
      [1, "a"],
      ["b", 2],
    ],
  ],
  ["an empty map is an object", new Map(), {}],
  ["a set is a list", new Set([1, "a"]), [1, "a"]],
  ["a big integer is its digits", 2n ** 70n, "1180591620717411303424"],
  ["bytes are base64", new Uint8Array([1, 2, 255]), "AQL/"],
  ["a part of a buffer is that part", new Uint8Array([9, 1, 2, 9]).subarray(1, 3), "AQI="],
  ["a typed array is a list of numbers", new Float64Array([1.5, -2]), [1.5, -2]],
  ["a typed array of big integers is a list of digits", new BigInt64Array([5n]), ["5"]],
  ["an array buffer is base64", new Uint8Array([1]).buffer, "AQ=="],
  ["undefined in an object is left out", { a: undefined, b: 1 }, { b: 1 }],
  ["undefined in a list is null", [undefined, 1], [null, 1]],
  ["undefined alone is null", undefined, null],
  ["no number is null", [Number.NaN, Number.POSITIVE_INFINITY], [null, null]],
  ["a pattern is its source", /a+/gi, "/a+/gi"],
  [
    "plain JSON stays as it is",
    { a: [1, "x", null, true, { b: {} }] },
    { a: [1, "x", null, true, { b: {} }] },
  ],
])("%s", (_title, value, json) => {
  expect(toPlainJson(value)).toEqual(json);
});

test("what a payload gives back after storage converts the same way", () => {
  const value = { at: new Date(0), tags: new Set(["a"]), by: new Map([["k", 1n]]), raw: Buffer.from("hi") };
  expect(toPlainJson(decodePayload(encodePayload(value)))).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    tags: ["a"],
    by: { k: "1" },
    raw: "aGk=",
  });
});

test("an error shows name, message, details and cause, and no stack", () => {
  const error = Object.assign(new TypeError("no", { cause: new Error("why") }), { details: { id: 1n } });
  expect(toPlainJson(error)).toEqual({
    name: "TypeError",
    message: "no",
    details: { id: "1" },
    cause: { name: "Error", message: "why" },
  });
});

test("an object inside itself is cut, one that stands in two places is not", () => {
  const address = { city: "Ulm" };
  const order: Record<string, unknown> = { billing: address, shipping: address };
  order["self"] = order;
  expect(toPlainJson(order)).toEqual({ billing: address, shipping: address, self: "[circular]" });
});

test("a map key __proto__ becomes a key and no prototype", () => {
  const json = toPlainJson(new Map([["__proto__", { role: "admin" }]]));
  expect(Object.keys(json as object)).toEqual(["__proto__"]);
  expect((json as { role?: string }).role).toBeUndefined();
});

test("few bytes that expand to a huge text are refused", () => {
  let value: unknown = [1];
  for (let level = 0; level < 40; level += 1) value = [value, value];
  expect(() => toPlainJson(value)).toThrow(HeddleError);
});

test("nesting that would exhaust the stack is refused", () => {
  let value: unknown = [];
  for (let level = 0; level < 100_000; level += 1) value = [value];
  expect(() => toPlainJson(value)).toThrow(HeddleError);
});
