import { expect, test } from "vitest";
import { prefersMsgpack } from "./msgpack-body.js";

test.each([
  [undefined, false],
  ["*/*", false],
  ["application/json", false],
  ["application/msgpack", true],
  ["application/x-msgpack", true],
  ["application/msgpack, application/json;q=0.5", true],
  ["application/json, application/msgpack", false],
  ["application/json;q=0.5, application/msgpack;q=0.9", true],
  ["application/msgpack;q=0", false],
  ["text/html, application/msgpack;q=0.9", false],
])("accept: %s prefers MessagePack: %s", (accept, expected) => {
  expect(prefersMsgpack(accept)).toBe(expected);
});
