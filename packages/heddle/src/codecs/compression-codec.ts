import { deflateRawSync, inflateRawSync } from "node:zlib";
import { InvalidArgumentError, type PayloadCodec } from "@heddle/protocol";
import { tagged, untagged } from "./tagged.js";

const TAG = 1;

export interface CompressionOptions {
  /** Smaller payloads are left as they are. Default 1,024. */
  readonly thresholdBytes?: number;
  /** A stored payload that would take more than this when inflated is refused. Default 64 MiB. */
  readonly maxInflatedBytes?: number;
}

/**
 * Compresses (deflate) what is large enough and gets smaller by it; reads what was stored before it was introduced.
 * Throws `InvalidArgumentError` for a bad limit.
 */
export function compression(options: CompressionOptions = {}): PayloadCodec {
  const { thresholdBytes = 1_024, maxInflatedBytes = 64 * 1024 * 1024 } = options;
  assertBytes("thresholdBytes", thresholdBytes, 0);
  assertBytes("maxInflatedBytes", maxInflatedBytes, 1);
  return {
    encode: (payload) => {
      if (payload.byteLength < thresholdBytes) return payload;
      const compressed = tagged(TAG, deflateRawSync(payload));
      return compressed.byteLength < payload.byteLength ? compressed : payload;
    },
    decode: (encoded) => {
      const compressed = untagged(TAG, encoded);
      if (compressed === undefined) return encoded;
      return inflateRawSync(compressed, { maxOutputLength: maxInflatedBytes });
    },
  };
}

function assertBytes(field: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new InvalidArgumentError(`${field} is ${value}; it must be a whole number from ${least}`, {
    details: { field },
  });
}
