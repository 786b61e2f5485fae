import { expect, test } from "vitest";
import { bullPrefixOf } from "./queue-keys.js";

test("all keys of a queue share one hash tag", () => {
  expect(bullPrefixOf({ prefix: "heddle", namespace: "shop", queue: "mail" })).toBe("{heddle:shop:mail}");
});

test.each([
  { prefix: "a{b", namespace: "shop", queue: "mail" },
  { prefix: "", namespace: "shop", queue: "mail" },
  { prefix: "heddle", namespace: "a:b", queue: "mail" },
  { prefix: "heddle", namespace: "shop", queue: "a}b" },
])("a part that would break the hash tag is refused: %o", (place) => {
  expect(() => bullPrefixOf(place)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});
