import type { AttributeCondition, RangeEnd } from "@heddle/core";
import {
  attributeTypeOf,
  type AttributeChanges,
  type Attributes,
  type AttributeType,
  type AttributeValue,
} from "@heddle/protocol";
import { Packr } from "msgpackr";

// A term says that a run has a value: name, NUL, one letter for the type, the value as text that sorts by bytes as the
// values do. Members of the index are a term, NUL and a workflow id. Neither names, values nor ids hold a NUL.

const LETTERS = {
  string: "s",
  number: "n",
  boolean: "b",
  date: "d",
  "string[]": "l",
} as const satisfies Record<AttributeType, string>;
/** A list without elements: it has no value to be found by, and is there all the same. */
const EMPTY_LIST = "e";

// Without records and byte strings, which the cmsgpack of Redis does not know.
const packr = new Packr({ useRecords: false });

/** Changes as the scripts take them: per attribute its name and its terms, none to remove it. */
export function changesArgument(changes: AttributeChanges): unknown[] {
  return Object.entries(changes).map(([name, value]) => [
    name,
    value === null || value === undefined ? [] : termsOf(name, value),
  ]);
}

export function packed(argument: unknown): Uint8Array {
  return packr.pack(argument);
}

/** Terms of one value; a list has one for each distinct element. */
export function termsOf(name: string, value: AttributeValue): string[] {
  if (typeof value !== "object" || value instanceof Date) return [termOf(name, value)];
  if (value.length === 0) return [`${name}\0${EMPTY_LIST}`];
  return [...new Set(value)].map((element) => `${name}\0${LETTERS["string[]"]}${element}`);
}

function termOf(name: string, value: string | number | boolean | Date): string {
  const letter = LETTERS[attributeTypeOf(value)];
  switch (typeof value) {
    case "string":
      return `${name}\0${letter}${value}`;
    case "boolean":
      return `${name}\0${letter}${value ? 1 : 0}`;
    default:
      return `${name}\0${letter}${sortable(Number(value))}`;
  }
}

/** 16 digits that sort as the numbers do: the bits of a double, turned around where it is negative. */
function sortable(number: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number === 0 ? 0 : number); // -0 equals 0
  const bits = bytes.readBigUInt64BE();
  const turned = bits >> 63n === 1n ? bits ^ 0xffff_ffff_ffff_ffffn : bits | (1n << 63n);
  return turned.toString(16).padStart(16, "0");
}

function numberOf(digits: string): number {
  const turned = BigInt(`0x${digits}`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(turned >> 63n === 1n ? turned ^ (1n << 63n) : turned ^ 0xffff_ffff_ffff_ffffn);
  return bytes.readDoubleBE();
}

/** What a term stands for; `undefined` for a list without elements. */
export function valueOf(term: string): string | number | boolean | Date | undefined {
  const text = term.slice(term.indexOf("\0") + 2);
  switch (term.charAt(term.indexOf("\0") + 1)) {
    case LETTERS.string:
    case LETTERS["string[]"]:
      return text;
    case LETTERS.number:
      return numberOf(text);
    case LETTERS.boolean:
      return text === "1";
    case LETTERS.date:
      return new Date(numberOf(text));
    case EMPTY_LIST:
      return undefined;
    default:
      throw new TypeError(`unknown attribute term ${JSON.stringify(term)} in a stored record`);
  }
}

/** A stored record, behind its first element: the terms of one run. */
export function attributesOf(terms: readonly string[]): Attributes {
  // Not an object that grows: "__proto__" is a name like any other.
  const attributes = new Map<string, AttributeValue>();
  for (const term of terms) {
    const name = term.slice(0, term.indexOf("\0"));
    const letter = term.charAt(name.length + 1);
    const value = valueOf(term);
    if (value === undefined) attributes.set(name, []);
    else if (letter !== LETTERS["string[]"]) attributes.set(name, value);
    else
      attributes.set(name, [
        ...((attributes.get(name) as readonly string[] | undefined) ?? []),
        value as string,
      ]);
  }
  return Object.fromEntries(attributes);
}

/** Members from the first text inclusive to the second exclusive, by bytes; `false`: those that begin with the first. */
export type MemberRange = readonly [from: string, to: string | false];

/** One condition as ranges of members: a run meets it when a member of it is in one of them. */
export function rangesOf(condition: AttributeCondition): MemberRange[] {
  const { name } = condition;
  switch (condition.test) {
    case "any-of":
      return [...new Set(condition.values.map((value) => termOf(name, value)))].map((term) => [
        `${term}\0`,
        false,
      ]);
    case "prefix":
      return [[`${name}\0${LETTERS.string}${condition.prefix}`, false]];
    case "contains":
      return [[`${name}\0${LETTERS["string[]"]}${condition.element}\0`, false]];
    case "range":
      return [rangeOf(name, condition)];
  }
}

/** Every member of an attribute, whatever its value. */
export function anyValueOf(name: string): MemberRange {
  return [`${name}\0`, false];
}

function rangeOf(name: string, { from, to }: { from?: RangeEnd; to?: RangeEnd }): MemberRange {
  const letter = (from ?? to)?.value instanceof Date ? LETTERS.date : LETTERS.number;
  const kind = `${name}\0${letter}`;
  // Behind the digits of a member comes NUL, so "\u0001" is behind all members of that value and nothing else.
  const place = (end: RangeEnd, behind: boolean): string =>
    `${kind}${sortable(Number(end.value))}${behind ? "\u0001" : ""}`;
  return [
    from === undefined ? kind : place(from, !from.inclusive),
    to === undefined ? `${kind}g` : place(to, to.inclusive), // "g" is behind all hexadecimal digits
  ];
}
