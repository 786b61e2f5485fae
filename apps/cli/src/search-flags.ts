import type { AttributeFilter, SearchOptions } from "@heddle/client";
import { type Command, InvalidArgumentError } from "commander";
import { jsonValue } from "./json-value.js";
import { each } from "./options.js";

/** What `searchFlags` gives. */
export interface SearchFlags extends Pick<SearchOptions, "memo"> {
  readonly attribute?: SearchOptions["attributes"];
  readonly tag?: readonly string[];
}

/** Flags that describe a run which is started. */
export function searchFlags(command: Command): Command {
  return command
    .option("--attribute <name=value>", `search attribute, repeated for several; ${VALUES}`, attribute)
    .option("--tag <tag>", "repeated for several", each)
    .option("--memo <json>", "shown by describe, not searched; @file reads a file", jsonValue);
}

/** What `matchFlags` gives. */
export interface MatchFlags {
  readonly attribute?: Readonly<Record<string, AttributeFilter>>;
  readonly tag?: readonly string[];
}

/** Flags that name runs by what describes them. */
export function matchFlags(command: Command): Command {
  return command
    .option(
      "--attribute <name=value>",
      `attribute that it has, repeated for several; ${VALUES}; a condition is such as 'total={"gte":100}'`,
      attribute,
    )
    .option("--tag <tag>", "tag that it has, repeated for several", each);
}

/** As the client names them. */
export function searchOptionsOf<Flags extends SearchFlags | MatchFlags>(
  flags: Flags,
): Omit<Flags, "attribute" | "tag"> & { attributes?: Flags["attribute"]; tags?: Flags["tag"] } {
  const { attribute, tag, ...rest } = flags;
  return {
    ...rest,
    ...(attribute === undefined ? {} : { attributes: attribute }),
    ...(tag === undefined ? {} : { tags: tag }),
  };
}

export const VALUES = `JSON, or else a text; a date is {"date":"2030-01-31T09:00:00Z"}`;

/** Parses one `name=value` on top of those before it, for options that may be repeated. */
export function attribute(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must be name=value, such as customer=ada or total=5.");
  }
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The attribute ${name} is given twice.`);
  return { ...before, [name]: parsed(value) };
}

function parsed(value: string): unknown {
  try {
    return withDates(JSON.parse(value));
  } catch {
    return value;
  }
}

/** JSON has no dates: one is an object of one field, in a condition as well. */
function withDates(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withDates);
  const fields = Object.entries(value);
  const [name, text] = fields[0] ?? [];
  if (fields.length === 1 && name === "date" && typeof text === "string") return new Date(text);
  return Object.fromEntries(fields.map(([each, part]) => [each, withDates(part)]));
}
