import { HeddleError } from "@heddle/protocol";
import fc from "fast-check";
import { Packr, Unpackr } from "msgpackr";
import { expect, test } from "vitest";
import { checkMsgpack } from "./check-msgpack.js";

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

const bytes = (...parts: readonly (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([part]))));

function codeOf(document: Buffer): string | undefined {
  try {
    checkMsgpack(document);
    return undefined;
  } catch (error) {
    if (error instanceof HeddleError) return error.code;
    throw error;
  }
}

test("whatever JSON can say is taken, and read as it was", () => {
  const safe = fc
    .jsonValue({ depthSize: "large" })
    .filter((value) => !/__proto__|prototype/.test(JSON.stringify(value)));
  fc.assert(
    fc.property(safe, (value) => {
      const document = packr.pack(value);
      checkMsgpack(document);
      expect(JSON.stringify(unpackr.unpack(document))).toBe(JSON.stringify(value));
    }),
  );
});

test("bytes and timestamps are taken as well", () => {
  const value = {
    bytes: Buffer.from([0, 1, 2]),
    at: new Date("2030-01-01T00:00:00.123Z"),
    much: Buffer.alloc(70_000),
  };
  const document = packr.pack(value);
  checkMsgpack(document);
  expect(unpackr.unpack(document)).toEqual(value);
});

test("what passes the check can be read, whatever the bytes are", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    // A document with one byte changed.
    fc.tuple(fc.jsonValue(), fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const document = Uint8Array.from(packr.pack(value));
      document[at % document.length] = byte;
      return document;
    }),
  );
  fc.assert(
    fc.property(anything, (document) => {
      if (codeOf(Buffer.from(document)) !== undefined) return;
      const value: unknown = unpackr.unpack(document);
      expect(Object.getPrototypeOf(Object(value))).not.toBe(null);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ["an empty document", bytes()],
  ["a text that ends early", bytes(0xa5, "abc")],
  ["a list that promises four thousand million items", bytes(0xdd, 0xff, 0xff, 0xff, 0xff)],
  ["a map that promises as many", bytes(0xdf, 0xff, 0xff, 0xff, 0xff)],
  ["bytes that promise as many", bytes(0xc6, 0xff, 0xff, 0xff, 0xff)],
  ["a byte that begins no value", bytes(0xc1)],
  ["two values", bytes(0x01, 0x02)],
  ["a text that is no UTF-8", bytes(0xa2, 0xc3, 0x28)],
  ["half a surrogate pair", bytes(0xa3, 0xed, 0xa0, 0x80)],
])("%s is malformed", (_name, document) => {
  expect(codeOf(document)).toBe("MALFORMED_MSGPACK");
});

test.each([
  ["a key twice", bytes(0x82, 0xa1, "a", 1, 0xa1, "a", 2)],
  ["__proto__", bytes(0x81, 0xa9, "__proto__", 0x80)],
  ["__proto__ in a longer form", bytes(0x81, 0xd9, 9, "__proto__", 0x80)],
  ["constructor.prototype", bytes(0x81, 0xab, "constructor", 0x81, 0xa9, "prototype", 0x80)],
  ["a number as key", bytes(0x81, 0x01, 0x01)],
  ["65 levels", bytes(...Array.from({ length: 65 }, () => 0x91), 0xc0)],
  ["2^53", bytes(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0)],
  ["-2^63", bytes(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0)],
  ["a class of msgpackr", bytes(0xd4, 0x73, 0x00)],
  ["a record of msgpackr", bytes(0xd4, 0x72, 0x40, 0x91, 0xa1, "a")],
  ["a timestamp of three bytes", bytes(0xc7, 3, 0xff, 0, 0, 0)],
  ["a timestamp in no Date", bytes(0xc7, 12, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0)],
])("%s is refused", (_name, document) => {
  expect(codeOf(document)).toBe("INVALID_ARGUMENT");
});

test("64 levels and 2^53 - 1 are taken", () => {
  expect(codeOf(bytes(...Array.from({ length: 64 }, () => 0x91), 0xc0))).toBeUndefined();
  expect(codeOf(bytes(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBeUndefined();
});
