import { assertAttributeValue, InvalidArgumentError } from "@heddle/protocol";
import type { AttributeCondition, AttributeScalar, RangeEnd } from "../store/run-filter.js";

/**
 * What a search attribute must be: a value it equals, one `in` a list, a number or date between ends, a string with a
 * `prefix`, or a list that `contains` one element or all of several. A value matches values of its own type only.
 */
export type AttributeFilter =
  | AttributeScalar
  | { readonly in: readonly AttributeScalar[] }
  | { readonly prefix: string }
  | { readonly contains: string | readonly string[] }
  | {
      readonly gt?: number | Date;
      readonly gte?: number | Date;
      readonly lt?: number | Date;
      readonly lte?: number | Date;
    };

const MAX_ALTERNATIVES = 100;
const RANGE_ENDS = ["gt", "gte", "lt", "lte"] as const;

/** Throws `InvalidArgumentError` naming the attribute. */
export function attributeConditions(name: string, filter: unknown): readonly AttributeCondition[] {
  if (isScalar(filter)) return [anyOf(name, [filter])];
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) {
    throw refused(name, "must be a value or one of { in }, { prefix }, { contains }, { gt, gte, lt, lte }");
  }
  const given = Object.entries(filter).filter(([, value]) => value !== undefined) as [string, unknown][];
  const [[test, value] = ["nothing", undefined]] = given;
  if (given.length === 1 && test === "in") return [anyOf(name, listOf(name, test, value))];
  if (given.length === 1 && test === "prefix") return [prefixOf(name, value)];
  if (given.length === 1 && test === "contains") {
    const elements = typeof value === "string" ? [value] : listOf(name, test, value);
    return elements.map((element) => ({ name, test: "contains", element: textOf(name, element) }));
  }
  return [rangeOf(name, given)];
}

function anyOf(name: string, values: readonly unknown[]): AttributeCondition {
  const scalars = values.map((value) => {
    if (!isScalar(value)) throw refused(name, "takes strings, numbers, booleans and dates in { in }");
    assertAttributeValue(name, value);
    return value;
  });
  return { name, test: "any-of", values: scalars };
}

function prefixOf(name: string, prefix: unknown): AttributeCondition {
  return { name, test: "prefix", prefix: textOf(name, prefix) };
}

function rangeOf(name: string, given: readonly [string, unknown][]): AttributeCondition {
  const unknown = given.find(([end]) => !(RANGE_ENDS as readonly string[]).includes(end));
  if (unknown !== undefined || given.length === 0) {
    const problem = unknown === undefined ? "is empty" : `has "${unknown[0]}", alone or beside others`;
    throw refused(name, `${problem}; give one of { in }, { prefix }, { contains }, { gt, gte, lt, lte }`);
  }
  const ends = Object.fromEntries(given);
  const from = rangeEnd(name, ends, { inclusive: "gte", exclusive: "gt" });
  const to = rangeEnd(name, ends, { inclusive: "lte", exclusive: "lt" });
  if (from !== undefined && to !== undefined && from.value instanceof Date !== to.value instanceof Date) {
    throw refused(name, "has a number at one end and a date at the other");
  }
  return {
    name,
    test: "range",
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function rangeEnd(
  name: string,
  ends: Readonly<Record<string, unknown>>,
  { inclusive, exclusive }: { inclusive: string; exclusive: string },
): RangeEnd | undefined {
  const isInclusive = ends[inclusive] !== undefined;
  if (isInclusive && ends[exclusive] !== undefined)
    throw refused(name, `has ${inclusive} and ${exclusive}; give one`);
  const value = ends[inclusive] ?? ends[exclusive];
  if (value === undefined) return undefined;
  if (typeof value !== "number" && !(value instanceof Date))
    throw refused(name, "takes numbers or dates as ends");
  assertAttributeValue(name, value);
  return { value, inclusive: isInclusive };
}

function listOf(name: string, test: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw refused(name, `takes a list in { ${test} }`);
  if (value.length > MAX_ALTERNATIVES) {
    throw refused(name, `has ${value.length} values in { ${test} }; the limit is ${MAX_ALTERNATIVES}`);
  }
  return value as readonly unknown[];
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== "string") throw refused(name, "takes strings in { prefix } and { contains }");
  assertAttributeValue(name, value);
  return value;
}

function isScalar(value: unknown): value is AttributeScalar {
  return ["string", "number", "boolean"].includes(typeof value) || value instanceof Date;
}

function refused(name: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`the filter on attribute ${JSON.stringify(name)} ${problem}`, {
    details: { field: "attributes", attribute: name },
  });
}
