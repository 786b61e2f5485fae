import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ActivityFailedError } from "./errors.js";
import { failureSchema } from "./failure-schema.js";
import { errorOf, failureOf } from "./failure.js";
import { decodeHistoryRecord, encodeHistoryRecord } from "./history-record.js";

class CardDeclined extends Error {
  override readonly name = "CardDeclined";
  readonly details = { cardId: "card-1", attempts: [1, 2] };
}

test("an error keeps name, message, stack, details and cause, there and back", () => {
  const error = new CardDeclined("declined", { cause: new TypeError("no answer") });
  const failure = failureOf(error);
  expect(failure).toEqual({
    name: "CardDeclined",
    message: "declined",
    stack: error.stack,
    details: { cardId: "card-1", attempts: [1, 2] },
    cause: expect.objectContaining({ name: "TypeError", message: "no answer" }) as unknown,
  });
  const back = errorOf(failure);
  expect(back).toBeInstanceOf(Error);
  expect(failureOf(back)).toEqual(failure);
});

test("the details of Heddle's own errors survive", () => {
  const failure = failureOf(
    new ActivityFailedError("failed", { details: { activity: "charge", attempt: 3 } }),
  );
  expect(failure).toMatchObject({
    name: "ActivityFailedError",
    details: { activity: "charge", attempt: 3 },
  });
});

test.each<[unknown, string]>([
  ["just text", "just text"],
  [{ code: 5 }, '{"code":5}'],
  [5, "5"],
  [5n, "5"],
  [undefined, "undefined"],
  [null, "null"],
  [Symbol("odd"), "Symbol(odd)"],
])("throwing %s gives an Error with a readable message", (thrown, message) => {
  expect(failureOf(thrown)).toMatchObject({ name: "Error", message });
});

test("an error of another realm keeps its name and message", () => {
  const foreign: unknown = runInNewContext('new RangeError("elsewhere")');
  expect(foreign).not.toBeInstanceOf(Error);
  expect(failureOf(foreign)).toMatchObject({ name: "RangeError", message: "elsewhere" });
});

test("name, message, stack, details and causes are limited", () => {
  const error = new Error("m".repeat(100_000));
  error.name = "n".repeat(1_000);
  error.stack = "s".repeat(100_000);
  Object.assign(error, { details: { text: "d".repeat(100_000) } });
  error.cause = error;
  const failure = failureOf(error);
  expect(failure.name).toHaveLength(200);
  expect(failure.message).toHaveLength(16_000);
  expect(failure.stack).toHaveLength(4_000);
  expect(failure.details).toBeUndefined();
  expect(JSON.stringify(failure).length).toBeLessThan(150_000);
  expect(failureOf("t".repeat(100_000)).message).toHaveLength(16_000);
});

test("a message is not cut in the middle of a character", () => {
  expect(failureOf(new Error(`${"m".repeat(15_999)}👍`)).message.isWellFormed()).toBe(true);
});

const ring: Record<string, unknown> = {};
ring["self"] = ring;

test.each<[string, unknown]>([
  ["a cycle", ring],
  ["a big integer over 64 bits", { balance: 2n ** 70n }],
  ["a function", () => 1],
])("details that hold %s are left out instead of breaking the history", (_what, details) => {
  const failure = failureOf(Object.assign(new Error("x"), { details }));
  expect(failure.details).toBeUndefined();
  expect(recorded(failure)).toEqual(failure);
});

test("details become plain data that history can carry", () => {
  const details = { when: new Date(0), bytes: new Float64Array([1.5]), map: new Map([[1, 2]]) };
  const failure = failureOf(Object.assign(new Error("x"), { details }));
  expect(failure.details).toEqual({ when: "1970-01-01T00:00:00.000Z", bytes: { 0: 1.5 }, map: {} });
  expect(recorded(failure)).toEqual(failure);
});

const hostile: [string, () => unknown][] = [
  ["whose fields throw", () => withGetters(new Error("x"))],
  ["whose fields are no text", () => Object.assign(new Error("x"), { name: 5, message: {}, stack: [] })],
  ["that cannot become text", () => Object.assign(Object.create(null) as object, { ring })],
  ["that is a proxy of traps", () => new Proxy(new Error("x"), { get: explode, getPrototypeOf: explode })],
  ["that is a revoked proxy", revokedProxy],
];
test.each(hostile)("a thrown value %s gives a failure all the same", (_what, thrown) => {
  const failure = failureOf(thrown());
  expect(failureSchema.parse(failure)).toEqual(failure);
  expect(recorded(failure)).toEqual(failure);
});

test("whatever is thrown, or sits in an error, becomes a failure that history can carry", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withObjectString: true,
  });
  fc.assert(
    fc.property(anything, anything, anything, (thrown, details, cause) => {
      for (const value of [thrown, Object.assign(new Error("x", { cause }), { details, stack: thrown })]) {
        const failure = failureOf(value);
        const back = recorded(failure);
        expect([back.name, back.message]).toEqual([failure.name, failure.message]);
      }
    }),
  );
});

function recorded(failure: ReturnType<typeof failureOf>): ReturnType<typeof failureOf> {
  const record = decodeHistoryRecord(encodeHistoryRecord({ kind: "step-failed", at: 1, seq: 1, failure }));
  if (record.kind !== "step-failed") throw new Error(`unexpected ${record.kind}`);
  return record.failure;
}

function explode(): never {
  throw new Error("trap");
}

function withGetters(error: Error): Error {
  for (const field of ["stack", "name", "message", "details", "cause"]) {
    Object.defineProperty(error, field, { get: explode });
  }
  return error;
}

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
  revoke();
  return proxy;
}
