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
