import { HeddleError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { MAX_JSON_DEPTH, parseJsonText } from "./json-text.js";

function codeOf(text: string): string {
  try {
    parseJsonText(text);
  } catch (error) {
    if (error instanceof HeddleError) return error.code;
    throw error;
  }
  return "taken";
}

test.each([
  '{"a":[1,-2.5e3,true,false,null,"x"],"b":{}}',
  String.raw`{"text":"quote \" backslash \\ brace { bracket [ comma , \u00e9 \ud83d\ude00"}`,
  String.raw`["\\", "\\\"", "a\\\\"]`,
  '{"a":{"k":1},"b":{"k":2},"c":[{"k":3},{"k":4}]}',
  '{"constructor":"Ferrari","prototype":"P1","toString":1}',
  '{"outer":{"constructor":{"name":"x"}}}',
  "9007199254740991",
  "-9007199254740991",
  "1e300",
  "0.1",
  " \n\t[ ]\r ",
  '"9007199254740993"',
])("%s is read as the language reads it", (text) => {
  expect(parseJsonText(text)).toEqual(JSON.parse(text));
});

test.each([
  "",
  "{",
  '{"a":',
  "[1,]",
  "nul",
  "01",
  "+1",
  "NaN",
  "'a'",
  '"\\x"',
  '"a',
  "{} {}",
  "--1",
  '{"a" 1}',
])("%j is malformed", (text) => {
  expect(codeOf(text)).toBe("MALFORMED_JSON");
});

test("the deepest nesting taken is the limit", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  expect(codeOf(nested(MAX_JSON_DEPTH))).toBe("taken");
  expect(codeOf(nested(MAX_JSON_DEPTH + 1))).toBe("INVALID_ARGUMENT");
  expect(codeOf('{"a":'.repeat(5_000))).toBe("INVALID_ARGUMENT");
});

test.each(["9007199254740992", "-9007199254740993", "123456789012345678901234567890", "1e400", "-1e999"])(
  "the number %s is refused, because it would be altered",
  (number) => {
    expect(codeOf(`{"a":[${number}]}`)).toBe("INVALID_ARGUMENT");
  },
);

test.each([
  '{"a":1,"a":1}',
  String.raw`{"a":1,"\u0061":2}`,
  '[{"x":{"a":1,"b":[{}],"a":2}}]',
  '{"__proto__":null}',
  String.raw`{"a":{"__pr\u006fto__":{}}}`,
  '{"a":{"constructor":{"x":1,"prototype":{}}}}',
  String.raw`["\ud800"]`,
  String.raw`{"\udc00":1}`,
  String.raw`"\ud83dx"`,
])("%s is refused", (text) => {
  expect(codeOf(text)).toBe("INVALID_ARGUMENT");
});

test("a key under an array is not taken for a key of the object around it", () => {
  expect(codeOf('{"constructor":[{"prototype":1}]}')).toBe("taken");
});

test("a long string of escapes is read in one pass", () => {
  const text = JSON.stringify('\\"'.repeat(500_000));
  expect(parseJsonText(text)).toBe('\\"'.repeat(500_000));
});
