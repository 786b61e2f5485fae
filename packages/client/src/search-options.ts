import type { Attributes } from "@heddle/protocol";
import type { ReplyBody } from "./http/reply-body.js";

export interface SearchOptions {
  /** Search attributes: strings, finite numbers, booleans, dates and lists of strings. */
  readonly attributes?: Attributes | undefined;
  /** The same as the attribute `tags`. */
  readonly tags?: readonly string[] | undefined;
  /** Any JSON; shown by `describe`, not searched. */
  readonly memo?: unknown;
}

export type AttributeScalar = string | number | boolean | Date;

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

/** Dates as the API takes them among attributes, where a text would be another value. */
export function withoutDates(value: unknown): unknown {
  if (value instanceof Date) return { date: value };
  if (Array.isArray(value)) return value.map(withoutDates);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutDates(part)]));
}

/** The attributes of a run that has some. Dates arrive as ISO 8601 text: nothing in a reply tells them from it. */
export function attributesFrom(run: ReplyBody): { attributes?: Attributes } {
  const given = run.get("attributes");
  return typeof given === "object" && given !== null ? { attributes: given as Attributes } : {};
}
