import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { PayloadTooLargeError } from "@heddle/protocol";

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The body of an answer as text, decompressed. What it inflates to is counted while it comes, so that no more than the limit is
 * ever in memory: beyond it, `PayloadTooLargeError`.
 */
export async function readBody(
  body: Readable,
  options: { readonly encoding: string; readonly charset: string; readonly maxBytes: number },
): Promise<string> {
  const { encoding, charset, maxBytes } = options;
  const decoder = createDecoder(encoding.trim().toLowerCase(), body);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      bytes += chunk.length;
      // Leaving the loop destroys what it read from.
      if (bytes > maxBytes) return;
      chunks.push(chunk);
    }
  };
  try {
    await (decoder === undefined ? pipeline(body, collect) : pipeline(body, decoder, collect));
  } catch (error) {
    if (bytes <= maxBytes) throw error;
  }
  if (bytes > maxBytes) {
    throw new PayloadTooLargeError(
      `the answer has more than ${maxBytes} bytes; ask for less, or let a worker call the service`,
      { details: { limit: maxBytes } },
    );
  }
  return decoderOf(charset).decode(Buffer.concat(chunks));
}

function createDecoder(name: string, body: Readable): Transform | undefined {
  if (name === "" || name === "identity") return undefined;
  const create = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (create !== undefined) return create();
  body.on("error", () => undefined).destroy();
  throw new Error(`the answer is encoded as "${name}", which was not asked for`);
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
