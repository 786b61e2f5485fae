import { encodePayload, InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { searchChangesOf, type SearchOptions } from "./search-options.js";

const changes = (options: SearchOptions) => searchChangesOf(options, (value) => encodePayload(value));

test("a start without attributes, tags and memo asks for nothing", () => {
  expect(changes({})).toBeUndefined();
  expect(changes({ attributes: {}, memo: undefined })).toBeUndefined();
});

test("tags are an attribute, the memo a payload", () => {
  expect(changes({ attributes: { a: 1 }, tags: ["vip"], memo: { b: 2 } })).toEqual({
    attributes: { a: 1, tags: ["vip"] },
    memo: encodePayload({ b: 2 }),
  });
  expect(changes({ memo: null })).toEqual({ memo: encodePayload(null) });
});

test.each<[string, object]>([
  ["tags twice", { tags: ["a"], attributes: { tags: ["b"] } }],
  ["tags that are no list", { tags: "vip" }],
  [
    "33 attributes",
    { attributes: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`a${index}`, 1])) },
  ],
  ["an object as a value", { attributes: { a: {} } }],
  ["a list of attributes", { attributes: ["a"] }],
])("%s is refused", (_what, options) => {
  expect(() => changes(options)).toThrow(InvalidArgumentError);
});
