import { isUtf8 } from "node:buffer";
import { HeddleError } from "@heddle/protocol";
import { MAX_JSON_DEPTH } from "../json/json-text.js";
import { type Level, refusedBody, takeKey } from "../json/object-key.js";

/** The one extension that is taken, and the forms that it has. */
const TIMESTAMP = -1;
const TIMESTAMP_BYTES: readonly number[] = [4, 8, 12];
/** What a Date can hold. */
const MAX_SECONDS = 8_640_000_000_000n;

/**
 * Looks at a MessagePack document before anything is built of it: whether it is whole, holds nothing that it could not
 * hold in JSON but bytes and timestamps, and promises no more items than it has bytes for.
 *
 * Throws `MALFORMED_MSGPACK`, and `INVALID_ARGUMENT` for: nesting over 64 levels, a key that is no text or is there
 * twice, the keys `__proto__` and `constructor.prototype`, an integer beyond ±(2^53 − 1), other extensions.
 */
export function checkMsgpack(bytes: Buffer): void {
  const document = new MsgpackDocument(bytes);
  document.takeValue(0, undefined);
  if (document.left > 0) throw malformed(`${document.left} bytes follow its one value`);
}

class MsgpackDocument {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.byteLength - this.#at;
  }

  takeValue(depth: number, under: string | undefined): void {
    const tag = this.bytes[this.take(1)] ?? 0;
    // Small numbers stand in the tag itself.
    if (tag <= 0x7f || tag >= 0xe0) return;
    if (tag <= 0x8f) {
      this.takeMap(tag & 0x0f, depth, under);
      return;
    }
    if (tag <= 0x9f) {
      this.takeList(tag & 0x0f, depth);
      return;
    }
    if (tag <= 0xbf) return void this.takeText(tag & 0x1f);
    switch (tag) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return void this.take(this.takeLength(1 << (tag - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9: {
        this.takeExtension(this.takeLength(1 << (tag - 0xc7)));
        return;
      }
      case 0xca: // float
        return void this.take(4);
      case 0xcb:
        return void this.take(8);
      case 0xcc: // unsigned
      case 0xcd:
      case 0xce:
        return void this.take(1 << (tag - 0xcc));
      case 0xcf: {
        this.assertExact(this.bytes.readBigUInt64BE(this.take(8)));
        return;
      }
      case 0xd0: // signed
      case 0xd1:
      case 0xd2:
        return void this.take(1 << (tag - 0xd0));
      case 0xd3: {
        this.assertExact(this.bytes.readBigInt64BE(this.take(8)));
        return;
      }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8: {
        this.takeExtension(1 << (tag - 0xd4));
        return;
      }
      case 0xd9:
      case 0xda:
      case 0xdb:
        return void this.takeText(this.takeLength(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd: {
        this.takeList(this.takeLength(2 << (tag - 0xdc)), depth);
        return;
      }
      case 0xde:
      case 0xdf: {
        this.takeMap(this.takeLength(2 << (tag - 0xde)), depth, under);
        return;
      }
      default:
        throw malformed(`the byte 0x${tag.toString(16)} begins no value`);
    }
  }

  private takeMap(entries: number, depth: number, under: string | undefined): void {
    const keys = new Set<string>();
    const level: Level = { keys, under, lastKey: undefined };
    const inside = deeper(depth);
    this.assertRoomFor(2 * entries);
    for (let entry = 0; entry < entries; entry += 1) {
      takeKey(level, keys, this.takeKeyText());
      this.takeValue(inside, level.lastKey);
    }
  }

  private takeList(items: number, depth: number): void {
    const inside = deeper(depth);
    this.assertRoomFor(items);
    for (let item = 0; item < items; item += 1) this.takeValue(inside, undefined);
  }

  private takeKeyText(): string {
    const tag = this.bytes[this.take(1)] ?? 0;
    if (tag >= 0xa0 && tag <= 0xbf) return this.takeText(tag & 0x1f).toString();
    if (tag >= 0xd9 && tag <= 0xdb) return this.takeText(this.takeLength(1 << (tag - 0xd9))).toString();
    throw refusedBody("the body has a key that is no text; send texts as keys");
  }

  private takeText(length: number): Buffer {
    const start = this.take(length);
    const text = this.bytes.subarray(start, start + length);
    if (!isUtf8(text)) throw malformed("a text in it is not valid UTF-8; send bytes as bin");
    return text;
  }

  private takeExtension(length: number): void {
    const type = this.bytes.readInt8(this.take(1));
    if (type !== TIMESTAMP || !TIMESTAMP_BYTES.includes(length)) {
      throw refusedBody(
        `the body has an extension of type ${type} and ${length} bytes; the timestamp (type -1) is the only one that is taken`,
      );
    }
    const start = this.take(length);
    if (length !== 12) return;
    const seconds = this.bytes.readBigInt64BE(start + 4);
    if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) {
      throw refusedBody("the body has a timestamp that no Date can hold; send it as text");
    }
  }

  private assertExact(value: bigint): void {
    if (!Number.isSafeInteger(Number(value))) {
      throw refusedBody(`the number ${value} cannot be kept exactly; send it as text`);
    }
  }

  /** So that a few bytes cannot promise millions of items, for which room would be made. */
  private assertRoomFor(items: number): void {
    if (items > this.left) throw cut();
  }

  private takeLength(bytes: number): number {
    return this.bytes.readUIntBE(this.take(bytes), bytes);
  }

  /** Where the bytes begin that are taken. */
  private take(count: number): number {
    if (count > this.left) throw cut();
    const start = this.#at;
    this.#at += count;
    return start;
  }
}

function deeper(depth: number): number {
  if (depth === MAX_JSON_DEPTH) {
    throw refusedBody(`the body is nested deeper than ${MAX_JSON_DEPTH} levels; send a flatter value`);
  }
  return depth + 1;
}

function cut(): HeddleError {
  return malformed("it ends before its value does");
}

function malformed(problem: string): HeddleError {
  return new HeddleError("MALFORMED_MSGPACK", `the body is no MessagePack document: ${problem}`);
}
