import {
  assertAttributes,
  InvalidArgumentError,
  TAGS_ATTRIBUTE,
  type AttributeChanges,
  type Attributes,
  type Payload,
} from "@heddle/protocol";
import type { SearchChanges } from "../store/search-changes.js";

/** What a call that starts a run says about finding it. Ignored when the call finds a run instead. */
export interface SearchOptions {
  /** Search attributes: strings, finite numbers, booleans, dates and lists of strings. */
  readonly attributes?: Attributes | undefined;
  /** The same as the attribute `tags`. */
  readonly tags?: readonly string[] | undefined;
  /** Any value; shown by `describe`, not searched. */
  readonly memo?: unknown;
}

export const SEARCH_OPTIONS = ["attributes", "tags", "memo"] as const;

/** Checked; `undefined` when nothing is asked for. Throws `InvalidArgumentError` naming the attribute. */
export function searchChangesOf(
  options: SearchOptions,
  encode: (value: unknown, what: string) => Payload,
): SearchChanges | undefined {
  const attributes = attributesOf(options);
  const { memo } = options;
  if (attributes === undefined && memo === undefined) return undefined;
  return {
    ...(attributes === undefined ? {} : { attributes }),
    ...(memo === undefined ? {} : { memo: encode(memo, "memo") }),
  };
}

function attributesOf({ attributes, tags }: SearchOptions): AttributeChanges | undefined {
  if (attributes === undefined && tags === undefined) return undefined;
  if (tags !== undefined && attributes !== undefined && Object.hasOwn(attributes, TAGS_ATTRIBUTE)) {
    throw new InvalidArgumentError("tags are given twice, as an option and as an attribute; give one", {
      details: { field: "tags" },
    });
  }
  const all: AttributeChanges = { ...attributes, ...(tags === undefined ? {} : { [TAGS_ATTRIBUTE]: tags }) };
  assertAttributes(attributes ?? {});
  assertAttributes(all);
  // One that is given as undefined is none; nothing is there yet to be removed.
  const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
