import { CODEC_MARK } from "@heddle/protocol";

/** Output of a codec: a mark that no payload begins with, tag of the codec, parts. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(CODEC_MARK, tag), ...parts]);
}

/** What `tagged` put behind the tag; `undefined` when it was not this codec's. */
export function untagged(tag: number, encoded: Uint8Array): Uint8Array | undefined {
  return encoded[0] === CODEC_MARK && encoded[1] === tag ? encoded.subarray(2) : undefined;
}
