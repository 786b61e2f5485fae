import { expect, test } from "vitest";
import { parseJsonText } from "./json-text.js";
import { JsonPointer } from "./json-pointer.js";

// The document and the pointers of RFC 6901, section 5.
const document = parseJsonText(
  String.raw`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`,
);

test.each([
  ["", document],
  ["/foo", ["bar", "baz"]],
  ["/foo/0", "bar"],
  ["/", 0],
  ["/a~1b", 1],
  ["/c%d", 2],
  ["/e^f", 3],
  ["/g|h", 4],
  [String.raw`/i\j`, 5],
  ['/k"l', 6],
  ["/ ", 7],
  ["/m~0n", 8],
])("%j finds what the RFC says", (pointer, value) => {
  expect(new JsonPointer(pointer).find(document)).toEqual(value);
});

test.each([
  "/bar",
  "/foo/2",
  "/foo/-",
  "/foo/01",
  "/foo/1e0",
  "/foo/length",
  "/foo/0/0",
  "/toString",
  "/constructor/name",
])("%j finds nothing, rather than what objects have by nature", (pointer) => {
  expect(new JsonPointer(pointer).find(document)).toBeUndefined();
});

test("~01 is the text ~1, not a slash", () => {
  expect(new JsonPointer("/~01").find({ "~1": "tilde", "/": "slash" })).toBe("tilde");
});

test.each(["foo", "foo/bar", "$.foo", "/a~", "/a~2"])("%j is no pointer", (text) => {
  expect(() => new JsonPointer(text)).toThrow(SyntaxError);
});
