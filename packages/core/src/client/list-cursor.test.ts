import { InvalidArgumentError } from "@heddle/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "./list-cursor.js";

test("a cursor leads back to its place, whatever the id holds", () => {
  const createdAtMs = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(createdAtMs, fc.string({ unit: "grapheme" }), (ms, workflowId) => {
      const cursor = encodeCursor({ createdAtMs: ms, workflowId });
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(decodeCursor(cursor)).toEqual({ createdAtMs: ms, workflowId });
    }),
  );
});

test.each<[string, unknown]>([
  ["empty", ""],
  ["no cursor", "next"],
  ["no list", cursorOf('{"createdAtMs":1}')],
  ["too short a list", cursorOf("[1]")],
  ["too long a list", cursorOf('[1,"a",2]')],
  ["a list of the wrong things", cursorOf('["a",1]')],
  ["an infinite time", cursorOf('[1e999,"a"]')],
  ["no text", 5],
])("a cursor that is %s is refused", (_what, cursor) => {
  expect(() => decodeCursor(cursor as string)).toThrow(InvalidArgumentError);
  expect(() => decodeCursor(cursor as string)).toThrow(/start again without it/);
});

function cursorOf(json: string): string {
  return Buffer.from(json).toString("base64url");
}
