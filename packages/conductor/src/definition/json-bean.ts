// How Conductor's clients write JSON: Jackson's reading of a Java bean, which all of them were tested against.
import { z } from "zod";

/**
 * An object whose unknown properties are dropped and whose null properties count as absent, so that their defaults
 * apply. Nulls inside maps (`inputParameters`, `input`, …) are data and stay.
 */
export function jsonBean<Shape extends z.ZodRawShape>(shape: Shape): z.ZodPreprocess<z.ZodObject<Shape>> {
  return z.preprocess(withoutNulls, z.object(shape));
}

export function withoutNulls(value: unknown): unknown {
  if (!isJsonMap(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== null));
}

/** A whole number, also as text ("3"). */
export function wholeNumber(least: number): z.ZodPreprocess<z.ZodInt> {
  return z.preprocess(
    (value) => (typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value),
    z.int().min(least),
  );
}

/** A boolean, also as text ("true"). */
export const flag = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean(),
);

/** A JSON object whose keys are the user's own. */
export const jsonMap = z.record(z.string(), z.unknown());
export type JsonMap = z.infer<typeof jsonMap>;

export function isJsonMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function requiredName(what: string): z.ZodString {
  const message = `${what} cannot be null or empty`;
  return z.string(message).min(1, message);
}

/** Domain by task type; `"*"` is any type. */
export const taskToDomain = z.record(z.string(), z.string());

/** Fills in what is absent or null, key by key. */
export function withDefaults(values: JsonMap, defaults: JsonMap): JsonMap {
  const missing = Object.entries(defaults).filter(
    ([key]) => !Object.hasOwn(values, key) || values[key] === null,
  );
  return { ...values, ...Object.fromEntries(missing) };
}
