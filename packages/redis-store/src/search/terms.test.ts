import type { AttributeValue } from "@heddle/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { attributesOf, termsOf } from "./terms.js";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const text = fc.string({ unit: "grapheme" }).filter((each) => !each.includes("\0"));
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  finite,
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.uniqueArray(text, { maxLength: 4 }),
);

test("attributes read back as they were written", () => {
  const attributes = fc.dictionary(
    text.filter((name) => name !== ""),
    value,
  );
  fc.assert(
    fc.property(attributes, (given) => {
      const terms = Object.entries(given).flatMap(([name, each]) => termsOf(name, each));
      const expected = Object.entries(given).map(([name, each]) => [name, each === 0 ? 0 : each]);
      expect(attributesOf(terms)).toEqual(Object.fromEntries(expected));
    }),
  );
});

test("terms sort by bytes as their numbers and dates do", () => {
  fc.assert(
    fc.property(finite, finite, (one, other) => {
      const [first = "", second = ""] = [one, other].flatMap((number) => termsOf("total", number));
      expect(Math.sign(Buffer.compare(Buffer.from(first), Buffer.from(second)))).toBe(
        Math.sign(one - other) || 0,
      );
    }),
    {
      examples: [
        [-0, 0],
        [-5e-324, 5e-324],
        [-1, -2],
        [1.5, 1e308],
      ],
    },
  );
});
