import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { assertStartOptions, type StartOptions } from "./start-options.js";

test.each<StartOptions>([
  {},
  { id: "order-1" },
  { id: undefined, idempotencyKey: undefined, idConflict: undefined, idReuse: undefined },
  { idempotencyKey: "webhook-1" },
  { id: "order-1", executionTimeout: "1 day", runTimeout: 5_000, startAfter: "1h" },
  { idempotencyKey: "webhook-1", startAt: new Date(0) },
  { id: "order-1", idConflict: "fail", idReuse: "allow" },
  { id: "order-1", idConflict: "use-existing", idReuse: "allow-failed-only" },
  { id: "order-1", idConflict: "terminate-existing", idReuse: "reject" },
])("start takes %j", (options) => {
  expect(() => assertStartOptions(options)).not.toThrow();
});

test.each<[field: string, options: object, message: RegExp]>([
  ["idempotencyKey", { id: "order-1", idempotencyKey: "key" }, /given together; give one/],
  ["workflow id", { id: "" }, /is empty/],
  ["workflow id", { id: "x".repeat(256) }, /limit is 255/],
  ["workflow id", { id: 5 }, /must be a string/],
  ["idempotencyKey", { idempotencyKey: "" }, /is empty/],
  ["idempotencyKey", { idempotencyKey: "x".repeat(118) }, /limit is 117/],
  ["idConflict", { id: "order-1", idConflict: "replace" }, /one of fail, use-existing, terminate-existing/],
  ["idReuse", { id: "order-1", idReuse: "never" }, /one of allow, allow-failed-only, reject/],
  ["idConflict", { idempotencyKey: "key", idConflict: "fail" }, /no meaning with idempotencyKey/],
  ["idReuse", { idempotencyKey: "key", idReuse: "reject" }, /no meaning with idempotencyKey/],
  ["runTimeout", { runTimeout: "later" }, /is no duration/],
  ["workflowId", { workflowId: "order-1" }, /no option "workflowId"; it takes id, idempotencyKey/],
])("start refuses what is wrong with %s: %j", (field, options, message) => {
  const check = (): void => assertStartOptions(options);
  expect(check).toThrow(InvalidArgumentError);
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ details: expect.objectContaining({ field }) as unknown }));
});
