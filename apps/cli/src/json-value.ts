import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";

/** JSON as an option gives it: as text, `@file`, or `-` for standard input. */
export function jsonValue(given: string): unknown {
  const text = textOf(given);
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError(
      `It is no JSON. A text needs quotes of its own: '"like this"'. A file is given as @file.json, standard input as -.`,
    );
  }
}

/** The same for search attributes, whose dates JSON writes as `{"date":"2030-01-01T00:00:00Z"}`. */
export function attributesValue(given: string): unknown {
  return withDates(jsonValue(given));
}

function withDates(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withDates);
  const fields = Object.entries(value);
  const [name, text] = fields[0] ?? [];
  if (fields.length === 1 && name === "date" && typeof text === "string") return new Date(text);
  return Object.fromEntries(fields.map(([each, part]) => [each, withDates(part)]));
}

function textOf(given: string): string {
  if (given !== "-" && !given.startsWith("@")) return given;
  try {
    return readFileSync(given === "-" ? 0 : given.slice(1), "utf8");
  } catch (error) {
    throw new InvalidArgumentError(
      `It cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
