import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { decodeTaskToken, encodeTaskToken } from "./task-token.js";

const ticket = { workflowId: 'order:"1"/ü', runId: "run", seq: 3, attempt: 2, token: "secret" };

test("a task token names one attempt, whatever its ids hold, and is safe in a URL", () => {
  const token = encodeTaskToken(ticket);
  expect(token).toMatch(/^[\w-]+$/);
  expect(decodeTaskToken(token)).toEqual(ticket);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["an empty text", ""],
  ["a text", "charge-1"],
  ["a number", 5],
  ["a token that lost its end", encodeTaskToken(ticket).slice(0, -3)],
  ["a token without its secret", encodeTaskToken({ ...ticket, token: "" })],
  ["a token of another shape", Buffer.from("[1,2,3,4,5]").toString("base64url")],
  ["a token of no attempt", encodeTaskToken({ ...ticket, attempt: 0 })],
])("%s is refused as malformed", (_what, token) => {
  expect(() => decodeTaskToken(token)).toThrow(InvalidArgumentError);
  expect(() => decodeTaskToken(token)).toThrow("context.taskToken");
});
