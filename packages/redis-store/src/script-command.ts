import { Command } from "ioredis";
import type { ScriptArgument } from "./script.js";

/**
 * `EVALSHA`, encoded in one pass. ioredis joins each argument on its own once one of them is binary, and of
 * nearly every call here one is: that was a tenth of a gateway's time (ADR 8).
 */
export class ScriptCommand extends Command {
  readonly #parts: readonly ScriptArgument[];
  #bytes: Buffer | undefined;

  /** Of the reply as bytes; `answer` is told as soon as it is in. */
  constructor(
    sha: string,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    answer: (error: Error | null | undefined, reply: unknown) => void,
  ) {
    // What ioredis reads of a command besides its bytes are its keys.
    super("EVALSHA", [sha, keys.length, ...keys], { replyEncoding: null }, answer);
    this.#parts = ["EVALSHA", sha, keys.length, ...keys, ...args];
  }

  /** Asked again when a lost connection is back and the command was not answered. */
  override toWritable(): Buffer {
    this.#bytes ??= encoded(this.#parts);
    return this.#bytes;
  }
}

/** The protocol's array of texts, built as a text of one character per byte. */
function encoded(parts: readonly ScriptArgument[]): Buffer {
  const lines = [`*${parts.length}`];
  for (const part of parts) {
    const bytes = typeof part === "object" ? bytesAsText(part) : utf8AsText(String(part));
    lines.push(`$${bytes.length}`, bytes);
  }
  lines.push("");
  return Buffer.from(lines.join("\r\n"), "latin1");
}

function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function utf8AsText(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : bytesAsText(Buffer.from(text));
}
