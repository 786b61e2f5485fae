// What a condition of a query asks of one field, and whether a value meets it.
import { refused, type Condition, type ConditionValue } from "./query-text.js";

export type FieldKind = "text" | "number" | "time" | { readonly oneOf: readonly string[] };

/** Numbers and times (epoch ms) are whole, so both ends of a range are included. */
export type FieldTest =
  | { readonly test: "any-of"; readonly values: readonly (string | number)[] }
  /** `*` is any text; all of it must fit. */
  | { readonly test: "wildcard"; readonly pattern: string }
  | { readonly test: "between"; readonly from: number | undefined; readonly to: number | undefined };

export interface FieldCondition<Field extends string> {
  readonly field: Field;
  readonly test: FieldTest;
}

/** The conditions by the kinds of their fields. Throws `InvalidArgumentError`, which names the place. */
export function typedConditions<Field extends string>(
  conditions: readonly Condition[],
  kinds: Readonly<Record<Field, FieldKind>>,
  aliases: Readonly<Record<string, Field>> = {},
): readonly FieldCondition<Field>[] {
  return conditions.map((condition) => {
    const name = Object.hasOwn(aliases, condition.field) ? aliases[condition.field] : condition.field;
    const field = Object.keys(kinds).find((each): each is Field => each === name);
    if (field === undefined) {
      const known = Object.keys(kinds).join(", ");
      throw refused(`names ${condition.field}, which is no field to search by; there are ${known}`);
    }
    return { field, test: testOf(condition, kinds[field]) };
  });
}

/** Whether a value meets it; what is absent meets nothing. */
export function meets(test: FieldTest, value: string | number | undefined): boolean {
  if (value === undefined) return false;
  switch (test.test) {
    case "any-of":
      return test.values.includes(value);
    case "wildcard":
      return fits(test.pattern, String(value));
    case "between":
      return (
        typeof value === "number" &&
        value >= (test.from ?? Number.NEGATIVE_INFINITY) &&
        value <= (test.to ?? Number.POSITIVE_INFINITY)
      );
  }
}

function testOf(condition: Condition, kind: FieldKind): FieldTest {
  const { field, operator, values } = condition;
  if (kind === "number" || kind === "time") {
    const numbers = values.map((value) => numberOf(field, value, kind));
    const [number = 0] = numbers;
    switch (operator) {
      case "=":
        return { test: "between", from: number, to: number };
      case "IN":
        return { test: "any-of", values: numbers };
      case ">":
        return { test: "between", from: number + 1, to: undefined };
      case ">=":
        return { test: "between", from: number, to: undefined };
      case "<":
        return { test: "between", from: undefined, to: number - 1 };
      case "<=":
        return { test: "between", from: undefined, to: number };
    }
  }
  if (operator !== "=" && operator !== "IN") {
    throw refused(`compares ${field} by ${operator}, which is for times and numbers; use = or IN`);
  }
  const [{ text } = { text: "" }] = values;
  const hasWildcard = operator === "=" && text.includes("*");
  if (kind === "text") {
    if (hasWildcard) return { test: "wildcard", pattern: text };
    return { test: "any-of", values: [...new Set(values.map((value) => value.text))] };
  }
  if (hasWildcard) return { test: "any-of", values: kind.oneOf.filter((word) => fits(text, word)) };
  return { test: "any-of", values: [...new Set(values.map((value) => wordOf(field, value, kind.oneOf)))] };
}

function wordOf(field: string, { text, at }: ConditionValue, known: readonly string[]): string {
  const word = known.find((each) => each === text.toUpperCase());
  if (word !== undefined) return word;
  throw refused(
    `asks at character ${at} for ${field} ${JSON.stringify(text.slice(0, 40))}; it is one of ${known.join(", ")}`,
  );
}

function numberOf(field: string, { text, at }: ConditionValue, kind: "number" | "time"): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  const ms = kind === "time" && /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  const wanted = kind === "time" ? "epoch milliseconds or an ISO date" : "a whole number";
  throw refused(
    `has at character ${at} the ${field} ${JSON.stringify(text.slice(0, 40))}; it takes ${wanted}`,
  );
}

function fits(pattern: string, text: string): boolean {
  const [start = "", ...parts] = pattern.split("*");
  const end = parts.pop();
  if (end === undefined) return text === start;
  if (!text.startsWith(start)) return false;
  let at = start.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - end.length >= at && text.endsWith(end);
}
