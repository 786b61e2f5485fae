import { expect, test } from "vitest";
import { CorruptRecordError, PayloadNotSerializableError, PayloadTooLargeError } from "./errors.js";
import { decodePayload, encodePayload, MAX_PAYLOAD_BYTES } from "./payload.js";

const roundTrip = (value: unknown): unknown => decodePayload(encodePayload(value));

test.each<[string, unknown]>([
  ["undefined", undefined],
  ["null", null],
  ["true", true],
  ["not a number", Number.NaN],
  ["an infinite number", Number.NEGATIVE_INFINITY],
  ["the largest safe integer", Number.MAX_SAFE_INTEGER],
  ["a fraction", 0.1],
  ["an empty text", ""],
  ["text outside the basic plane", "ağ👩‍👩‍👧"],
  ["a small big integer", 5n],
  ["a big integer over 64 bits", 2n ** 70n],
  ["a negative big integer over 64 bits", -(2n ** 70n)],
  ["a date", new Date(1_700_000_000_123)],
  ["a date before 1970", new Date(-1)],
  ["a regular expression", /a+/giu],
  ["an empty object", {}],
  ["fields that are undefined", { absent: undefined, empty: null }],
  ["nested lists", [[], [[1]], [{ a: [2] }]]],
  ["a map with objects as keys", new Map<unknown, unknown>([[{ id: 1 }, new Set([1, "a"])]])],
  ["a set", new Set([1, { a: 1 }])],
  ["bytes", new Uint8Array([1, 2, 255])],
  ["floats", new Float64Array([1.5, Number.NaN])],
  ["big integers in an array", new BigInt64Array([1n, -1n])],
  ["an array buffer", new Uint8Array([1, 2]).buffer],
])("%s comes back as it was", (_what, value) => {
  expect(roundTrip(value)).toStrictEqual(value);
});

test("an error comes back with class, message and cause", () => {
  const copy = roundTrip(new TypeError("outer", { cause: new RangeError("inner") }));
  expect(copy).toBeInstanceOf(TypeError);
  expect(copy).toMatchObject({ message: "outer", cause: expect.any(RangeError) as unknown });
});

test("a cycle comes back as a cycle", () => {
  const ring: { self?: unknown } = {};
  ring.self = ring;
  const copy = roundTrip(ring) as typeof ring;
  expect(copy.self).toBe(copy);
});

test("one object in two places comes back as one object", () => {
  const shared = { id: 1 };
  const [first, second] = roundTrip([shared, shared]) as [unknown, unknown];
  expect(first).toBe(second);
});

test("a class instance comes back as its fields, as with structuredClone", () => {
  class Order {
    total = 5;
    get doubled(): number {
      return this.total * 2;
    }
  }
  const copy = roundTrip(new Order());
  expect(copy).not.toBeInstanceOf(Order);
  expect(copy).toEqual({ total: 5 });
});

test("the encoding of equal values is equal, so that replay can compare bytes", () => {
  expect(encodePayload({ a: 1, b: [new Date(0)] })).toEqual(encodePayload({ a: 1, b: [new Date(0)] }));
});

test("a payload over the limit is refused with its size and the limit", () => {
  const text = "x".repeat(100);
  expect(() => encodePayload(text, { what: "input", maxBytes: 50 })).toThrow(PayloadTooLargeError);
  expect(() => encodePayload(text, { what: "input", maxBytes: 50 })).toThrow(
    expect.objectContaining({ details: { payloadBytes: 102, maxBytes: 50 } }),
  );
});

test("the limit counts encoded bytes, and exactly the limit passes", () => {
  const bytes = encodePayload("é".repeat(30)).byteLength;
  expect(encodePayload("é".repeat(30), { maxBytes: bytes })).toHaveLength(bytes);
  expect(() => encodePayload("é".repeat(30), { maxBytes: bytes - 1 })).toThrow(PayloadTooLargeError);
});

test("the default limit is 1 MiB", () => {
  expect(encodePayload("x".repeat(MAX_PAYLOAD_BYTES - 5))).toHaveLength(MAX_PAYLOAD_BYTES);
  expect(() => encodePayload("x".repeat(MAX_PAYLOAD_BYTES - 4))).toThrow(PayloadTooLargeError);
});

test.each<[string, unknown]>([
  ["nested too deeply", nested(100_000)],
  [
    "a getter that throws",
    {
      get broken(): never {
        throw new Error("broken getter");
      },
    },
  ],
])("%s is refused as not serialisable", (_what, value) => {
  expect(() => encodePayload(value)).toThrow(PayloadNotSerializableError);
});

test.each([
  ["nothing", new Uint8Array()],
  ["half a document", encodePayload({ text: "hello" }).slice(0, 8)],
  ["a document and a half", Buffer.concat([encodePayload({ a: 1 }), Buffer.from([1])])],
])("stored bytes that hold %s are corrupt", (_what, bytes) => {
  expect(() => decodePayload(bytes)).toThrow(CorruptRecordError);
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = { value };
  return value;
}
