import { Packr } from "msgpackr";
import {
  CorruptRecordError,
  PayloadNotDecodableError,
  PayloadNotSerializableError,
  PayloadTooLargeError,
} from "./errors.js";
import { assertSerializable } from "./serializable.js";

/** Default limit of one payload, in encoded bytes. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** A user's value as stored: one opaque msgpack document. Redis scripts never look inside. */
export type Payload = Uint8Array;

// structuredClone mode keeps Date, Map, Set, BigInt, typed arrays, undefined, Error and cycles apart from JSON's losses.
const packr = new Packr({ structuredClone: true, moreTypes: true });

/**
 * Encodes what structuredClone takes, minus functions.
 * Throws `PayloadNotSerializableError` naming the path of what cannot be stored (a function, symbol, promise, iterator, …),
 * `PayloadTooLargeError` past `maxBytes`.
 */
export function encodePayload(value: unknown, options: { what?: string; maxBytes?: number } = {}): Payload {
  const what = options.what ?? "payload";
  const maxBytes = options.maxBytes ?? MAX_PAYLOAD_BYTES;
  let bytes: Uint8Array;
  try {
    assertSerializable(value, what);
    bytes = packr.pack(value);
  } catch (cause) {
    if (cause instanceof PayloadNotSerializableError) throw cause;
    // Nested too deeply for the stack, or a getter threw.
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

/** The one byte that no msgpack document begins with: the output of a payload codec follows. */
export const CODEC_MARK = 0xc1;

/** Whether a payload codec encoded it. */
export function isCodecOutput(payload: Payload): boolean {
  return payload[0] === CODEC_MARK;
}

/**
 * Decodes a stored payload. Throws `CorruptRecordError` when the bytes are not what `encodePayload` wrote, and
 * `PayloadNotDecodableError` when a codec encoded them that this process was not given.
 */
export function decodePayload(bytes: Payload): unknown {
  if (isCodecOutput(bytes)) {
    throw new PayloadNotDecodableError(
      "a stored payload was encoded by a payload codec; give this process the codec of the namespace, with all its keys",
    );
  }
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new CorruptRecordError("a stored payload cannot be decoded", { cause });
  }
}
