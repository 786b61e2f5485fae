import { expect, test } from "vitest";
import { startOperation } from "./operation-id.js";

const operationId = "abcdefghijklmnopqrstuv";

test("one operation of one workflow is one run; of two workflows it is two", () => {
  const first = startOperation({ id: "a", operationId });
  expect(first).toEqual(startOperation({ id: "a", operationId }));
  expect(first.operationId).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(first).not.toEqual(startOperation({ id: "b", operationId }));
  expect(first).not.toEqual(startOperation({ idempotencyKey: "a", operationId }));
  expect(startOperation({ id: "a" })).toEqual({});
});
