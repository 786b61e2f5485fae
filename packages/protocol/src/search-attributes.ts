import { InvalidArgumentError } from "./errors.js";
import { assertShortName } from "./identifiers.js";
import { quoted } from "./quoted.js";

/** What a search attribute may hold. `string[]` is a list of strings without an order that counts. */
const ATTRIBUTE_TYPES = ["string", "number", "boolean", "date", "string[]"] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

export type AttributeValue = string | number | boolean | Date | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;
/** `null` and `undefined` remove an attribute. */
export type AttributeChanges = Readonly<Record<string, AttributeValue | null | undefined>>;
/** Attributes by name, as a workflow declares them. */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;

/** Attributes that one run may be given, by its start, by its code or from outside. */
export const MAX_ATTRIBUTES = 32;
const MAX_ATTRIBUTE_STRING_BYTES = 256;
const MAX_ATTRIBUTE_LIST_LENGTH = 32;

/** The attribute behind the option `tags`. */
export const TAGS_ATTRIBUTE = "tags";

/** Type of a value that `assertAttributes` let pass. */
export function attributeTypeOf(value: AttributeValue): AttributeType {
  if (value instanceof Date) return "date";
  if (typeof value === "object") return "string[]";
  return typeof value as "string" | "number" | "boolean";
}

/** Throws `InvalidArgumentError` for a bad name or type, for too many, and for `tags` that are no list. */
export function assertAttributeTypes(types: AttributeTypes): void {
  const entries = Object.entries(types);
  if (entries.length > MAX_ATTRIBUTES) throw tooManyAttributes(entries.length, "a workflow");
  for (const [name, type] of entries) {
    assertShortName(name, "attribute name");
    if (!ATTRIBUTE_TYPES.includes(type)) {
      throw refused(name, `has the type ${quoted(type)}; it is one of ${ATTRIBUTE_TYPES.join(", ")}`);
    }
    if (name === TAGS_ATTRIBUTE && type !== "string[]") {
      throw refused(name, `holds the tags of a run, so it is of type string[], not ${type}`);
    }
  }
}

/**
 * Checks what a run is to be given, against what its workflow declares when that is known and not empty.
 * Throws `InvalidArgumentError` naming the attribute, before anything is written.
 */
export function assertAttributes(
  changes: unknown,
  declared: AttributeTypes = {},
): asserts changes is AttributeChanges {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new InvalidArgumentError(`attributes are ${quoted(changes)}; give an object of names and values`, {
      details: { field: "attributes" },
    });
  }
  const entries = Object.entries(changes);
  if (entries.length > MAX_ATTRIBUTES) throw tooManyAttributes(entries.length, "a run");
  const names = Object.keys(declared);
  for (const [name, value] of entries as [string, unknown][]) {
    assertShortName(name, "attribute name");
    const wanted = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (wanted === undefined && names.length > 0 && name !== TAGS_ATTRIBUTE) {
      throw refused(name, `is not declared by its workflow, which has ${names.join(", ")}`);
    }
    if (value === null || value === undefined) continue;
    assertAttributeValue(name, value);
    const type = attributeTypeOf(value);
    if (wanted !== undefined && type !== wanted) {
      throw refused(name, `is declared as ${wanted} and got a ${type}; give a ${wanted}`);
    }
    if (name === TAGS_ATTRIBUTE && type !== "string[]") {
      throw refused(name, `holds the tags of a run and got a ${type}; give a list of strings`);
    }
  }
}

/** Throws `InvalidArgumentError` for what no attribute can hold. Also for the values of filters. */
export function assertAttributeValue(name: string, value: unknown): asserts value is AttributeValue {
  if (Array.isArray(value)) {
    if (value.length > MAX_ATTRIBUTE_LIST_LENGTH) {
      throw refused(name, `has ${value.length} elements; the limit is ${MAX_ATTRIBUTE_LIST_LENGTH}`);
    }
    for (const element of value as unknown[]) {
      if (typeof element !== "string")
        throw refused(name, `has the element ${quoted(element)}; give strings`);
      assertAttributeText(name, element);
    }
    return;
  }
  if (typeof value === "string") {
    assertAttributeText(name, value);
    return;
  }
  if (typeof value === "boolean") return;
  const number = value instanceof Date ? value.getTime() : value;
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw refused(
      name,
      `is ${value instanceof Date ? "an invalid date" : quoted(value)}; give a string, a finite number, a boolean, a valid Date or a list of strings`,
    );
  }
}

const encoder = new TextEncoder();

function assertAttributeText(name: string, text: string): void {
  if (!text.isWellFormed() || text.includes("\0")) {
    throw refused(name, "holds a lone surrogate or a NUL character; remove it");
  }
  const bytes = encoder.encode(text).byteLength;
  if (bytes > MAX_ATTRIBUTE_STRING_BYTES) {
    throw refused(name, `takes ${bytes} UTF-8 bytes; the limit is ${MAX_ATTRIBUTE_STRING_BYTES}`);
  }
}

export function tooManyAttributes(count: number, whose: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${whose} would have ${count} attributes; the limit is ${MAX_ATTRIBUTES}, so remove some or put what is not searched for into the memo`,
    { details: { field: "attributes", limit: MAX_ATTRIBUTES } },
  );
}

function refused(name: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`attribute ${quoted(name)} ${problem}`, {
    details: { field: "attributes", attribute: name },
  });
}
