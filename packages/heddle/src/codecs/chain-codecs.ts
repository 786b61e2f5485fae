import type { PayloadCodec } from "@heddle/protocol";

/** Encodes with each codec in turn, and decodes in reverse: `chainCodecs(compression(), encryption({ … }))`. */
export function chainCodecs(...codecs: readonly PayloadCodec[]): PayloadCodec {
  const reversed = [...codecs].reverse();
  return {
    encode: (payload, context) => codecs.reduce((bytes, codec) => codec.encode(bytes, context), payload),
    decode: (encoded, context) => reversed.reduce((bytes, codec) => codec.decode(bytes, context), encoded),
  };
}
