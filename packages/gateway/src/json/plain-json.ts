import { HeddleError, MAX_PAYLOAD_BYTES } from "@heddle/protocol";

export type PlainJson = null | boolean | number | string | PlainJson[] | { [key: string]: PlainJson };

/** Each value takes a byte at least, so only a payload that refers to its own parts many times can expand further. */
const MAX_VALUES = MAX_PAYLOAD_BYTES;
const MAX_DEPTH = 1_000;

/**
 * A payload as plain JSON. Payloads hold what `structuredClone` takes; JSON has less:
 *
 * | payload | JSON |
 * |---|---|
 * | `Date` | ISO 8601 text; `null` when invalid |
 * | `Map` | an object when every key is a string, else a list of `[key, value]` |
 * | `Set` | a list |
 * | `BigInt` | decimal text |
 * | bytes (`Uint8Array`, `Buffer`, `ArrayBuffer`, `DataView`) | base64 |
 * | other typed arrays | a list of numbers |
 * | `Error` | `{ name, message, details?, cause? }` |
 * | `RegExp` | its source text |
 * | `undefined` | left out of objects, `null` elsewhere |
 * | `NaN`, `Infinity` | `null` |
 * | an object inside itself | the text `[circular]` |
 *
 * Throws `PAYLOAD_NOT_SERIALIZABLE` for a value that expands to over 2^20 values or 1,000 levels.
 */
export function toPlainJson(value: unknown): PlainJson {
  const enclosing = new Set<object>();
  let count = 0;

  const convert = (part: unknown): PlainJson => {
    count += 1;
    if (count > MAX_VALUES || enclosing.size > MAX_DEPTH) throw tooLarge();
    switch (typeof part) {
      case "string":
      case "boolean":
        return part;
      case "number":
        return Number.isFinite(part) ? part : null;
      case "bigint":
        return part.toString();
      case "object":
        return part === null ? null : convertObject(part);
      default:
        return null;
    }
  };

  const convertObject = (part: object): PlainJson => {
    const leaf = leafOf(part);
    if (leaf !== undefined) return leaf;
    if (enclosing.has(part)) return "[circular]";
    enclosing.add(part);
    try {
      if (part instanceof Map) return convertMap(part);
      if (Array.isArray(part) || part instanceof Set || ArrayBuffer.isView(part)) {
        return Array.from(part as Iterable<unknown>, convert);
      }
      return convertFields(part instanceof Error ? fieldsOfError(part) : Object.entries(part));
    } finally {
      enclosing.delete(part);
    }
  };

  const convertMap = (map: Map<unknown, unknown>): PlainJson => {
    const entries = [...map];
    return entries.every((entry): entry is [string, unknown] => typeof entry[0] === "string")
      ? convertFields(entries)
      : entries.map(([key, element]) => [convert(key), convert(element)]);
  };

  // Object.fromEntries defines each key, so that "__proto__" in a payload stays a key.
  const convertFields = (fields: readonly [string, unknown][]): PlainJson =>
    Object.fromEntries(
      fields.filter(([, field]) => field !== undefined).map(([name, field]) => [name, convert(field)]),
    );

  return convert(value);
}

/** Objects that become one text, or undefined. */
function leafOf(part: object): PlainJson | undefined {
  if (part instanceof Date) return Number.isNaN(part.getTime()) ? null : part.toISOString();
  if (part instanceof Uint8Array) return base64(part);
  if (part instanceof ArrayBuffer) return base64(new Uint8Array(part));
  if (part instanceof DataView) return base64(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  if (part instanceof RegExp) return String(part);
  return undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function fieldsOfError(error: Error): [string, unknown][] {
  return [
    ["name", error.name],
    ["message", error.message],
    ["details", (error as { details?: unknown }).details],
    ["cause", error.cause],
  ];
}

function tooLarge(): HeddleError {
  return new HeddleError(
    "PAYLOAD_NOT_SERIALIZABLE",
    `the stored value is too large or too deep to be sent as JSON (over ${MAX_VALUES} values or ${MAX_DEPTH} levels)`,
  );
}
