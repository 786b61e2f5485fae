import { PayloadNotSerializableError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { jsonBody } from "./json-body.js";

test("plain data, dates and what converts itself are sent; undefined is left out", () => {
  const shared = { twice: true };
  const body = {
    at: new Date(0),
    list: [1, null, shared, shared],
    gone: undefined,
    money: { toJSON: () => "5 EUR" },
  };
  expect(jsonBody(body)).toBe(
    '{"at":"1970-01-01T00:00:00.000Z","list":[1,null,{"twice":true},{"twice":true}],"money":"5 EUR"}',
  );
});

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

test.each<[string, unknown]>([
  ["a bigint at $.input", 5n],
  ["a function at $.input", () => 5],
  ["NaN at $.input", Number.NaN],
  ["Infinity at $.input[1]", [0, Number.POSITIVE_INFINITY]],
  ["a Map at $.input.items", { items: new Map() }],
  ["a Set at $.input", new Set([1])],
  ["a Uint8Array at $.input", new Uint8Array(2)],
  ["a RangeError at $.input", new RangeError("no")],
  ["an invalid date at $.input", new Date(Number.NaN)],
  ["a promise", Promise.resolve(1)],
  ["an object inside itself at $.input.self", cyclic],
  ["a bigint at $.input", { toJSON: () => 5n }],
])("%s is refused rather than altered", (problem, input) => {
  expect(() => jsonBody({ input })).toThrow(PayloadNotSerializableError);
  expect(() => jsonBody({ input })).toThrow(problem);
});
