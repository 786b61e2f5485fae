/** What a codec may bind its output to. */
export interface PayloadCodecContext {
  readonly namespace: string;
}

/**
 * Turns payloads into what Redis holds and back: compression, encryption. Applied where payloads enter and leave the
 * store, in every process of the namespace, so all need the same one. Both functions are synchronous and must not
 * change the bytes they get. `encode` may return its argument when it has nothing to do; then that is stored as it is.
 * `decode` throws when it cannot decode what it gets; callers then get `PayloadNotDecodableError`, and runs are held.
 */
export interface PayloadCodec {
  encode(payload: Uint8Array, context: PayloadCodecContext): Uint8Array;
  decode(encoded: Uint8Array, context: PayloadCodecContext): Uint8Array;
}
