import { Packr } from "msgpackr";
import { CorruptRecordError, PayloadNotSerializableError, PayloadTooLargeError } from "./errors.js";

/** Default limit of one payload, in encoded bytes. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** A user's value as stored: one opaque msgpack document. Redis scripts never look inside. */
export type Payload = Uint8Array;

// structuredClone mode keeps Date, Map, Set, BigInt, typed arrays, undefined, Error and cycles apart from JSON's losses.
const packr = new Packr({ structuredClone: true, moreTypes: true });

/**
 * Encodes what structuredClone takes, minus functions.
 * Throws `PayloadNotSerializableError` for a function or symbol anywhere inside, `PayloadTooLargeError` past `maxBytes`.
 */
export function encodePayload(value: unknown, options: { what?: string; maxBytes?: number } = {}): Payload {
  const what = options.what ?? "payload";
  const maxBytes = options.maxBytes ?? MAX_PAYLOAD_BYTES;
  assertSerialisable(value, what);
  let bytes: Uint8Array;
  try {
    bytes = packr.pack(value);
  } catch (cause) {
    throw new PayloadNotSerializableError(`${what} cannot be serialised: ${String(cause)}`, { cause });
  }
  if (bytes.byteLength > maxBytes) {
    throw new PayloadTooLargeError(
      `${what} takes ${bytes.byteLength} bytes, the limit is ${maxBytes}; store it elsewhere and pass a reference`,
      { details: { payloadBytes: bytes.byteLength, maxBytes } },
    );
  }
  return bytes;
}

/** Decodes a stored payload. Throws `CorruptRecordError` when the bytes are not what `encodePayload` wrote. */
export function decodePayload(bytes: Payload): unknown {
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new CorruptRecordError("a stored payload cannot be decoded", { cause });
  }
}

/** Finds the first function or symbol; msgpack would drop it silently. */
function assertSerialisable(value: unknown, what: string): void {
  const seen = new Set<object>();
  const visit = (part: unknown, path: string): void => {
    if (typeof part === "function" || typeof part === "symbol") {
      throw new PayloadNotSerializableError(
        `${what} holds a ${typeof part} at ${path}; pass plain data (what structuredClone takes, minus functions)`,
      );
    }
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer || part instanceof Date) return;
    if (part instanceof Map || part instanceof Set) {
      for (const element of part) visit(element, `${path}.element`);
      return;
    }
    if (part instanceof WeakMap || part instanceof WeakSet || part instanceof Promise) {
      throw new PayloadNotSerializableError(
        `${what} holds a ${part.constructor.name} at ${path}; pass plain data (was an await forgotten?)`,
      );
    }
    for (const key of Object.keys(part)) visit((part as Record<string, unknown>)[key], `${path}.${key}`);
  };
  visit(value, "$");
}
