import { expect, test } from "vitest";
import { requestIdOf } from "./request-id.js";

test("a caller's plain request id is kept", () => {
  expect(requestIdOf({ headers: { "x-request-id": "Ab-1._:9" } })).toBe("Ab-1._:9");
});

test.each(["", "a b", 'a"b', "a\nb", "ä", "x".repeat(129)])("a request id %j is replaced", (given) => {
  expect(requestIdOf({ headers: { "x-request-id": given } })).toMatch(/^[0-9a-f-]{36}$/);
});
