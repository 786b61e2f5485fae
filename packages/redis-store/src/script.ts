import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export type ScriptArgument = string | number | Uint8Array;

/** One atomic operation: a Lua file and how its reply is read. */
export interface Script<Reply> {
  readonly name: string;
  /** With includes resolved. */
  readonly body: string;
  readonly sha: string;
  /** Names in the order of KEYS; a last name that begins with "…" stands for any number. */
  readonly keys: readonly string[];
  readonly args: readonly string[];
  parse(reply: ScriptReply): Reply;
}

/**
 * Loads `<name>.lua` from beside its caller. `keys` and `args` repeat the header of the file;
 * a test compares the two for every script.
 */
export function defineScript<Reply>(
  descriptor: Omit<Script<Reply>, "body" | "sha">,
  callerUrl: string,
): Script<Reply> {
  const body = loadScript(new URL(`./${descriptor.name}.lua`, callerUrl));
  const script = { ...descriptor, body, sha: createHash("sha1").update(body).digest("hex") };
  definedScripts.push(script);
  return script;
}

/** Every script of the package, for preloading and for the tests over all scripts. */
export const definedScripts: Script<unknown>[] = [];

/** The one include form: a line `-- @include name` is replaced by `includes/name.lua`, once each, in order. */
function loadScript(file: URL): string {
  const included = new Set<string>();
  const expand = (text: string): string =>
    text.replaceAll(/^-- @include (\S+)$/gm, (_line, name: string) => {
      if (included.has(name)) return "";
      included.add(name);
      return expand(readFileSync(new URL(`../includes/${name}.lua`, file), "utf8"));
    });
  return expand(readFileSync(file, "utf8"));
}

/** Reads a Lua reply: bulk strings arrive as bytes, integers as numbers, lists as arrays. */
export class ScriptReply {
  constructor(
    private readonly value: unknown,
    private readonly scriptName: string,
  ) {}

  /** The tag of a tagged list: its first element. */
  get tag(): string {
    return this.at(0).text;
  }
  get length(): number {
    return this.list.length;
  }
  at(index: number): ScriptReply {
    const list = this.list;
    if (index >= list.length) throw this.unexpected(`no element ${index}`);
    return new ScriptReply(list[index], this.scriptName);
  }
  get items(): readonly ScriptReply[] {
    return this.list.map((item) => new ScriptReply(item, this.scriptName));
  }
  get isNil(): boolean {
    return this.value === null || this.value === undefined;
  }
  get bytes(): Uint8Array {
    if (this.value instanceof Uint8Array) return this.value;
    throw this.unexpected("no bulk string");
  }
  get text(): string {
    return Buffer.isBuffer(this.value)
      ? this.value.toString("utf8")
      : Buffer.from(this.bytes).toString("utf8");
  }
  get number(): number {
    const number = typeof this.value === "number" ? this.value : Number(this.text);
    if (!Number.isFinite(number)) throw this.unexpected("no number");
    return number;
  }
  /** `undefined` for nil and for the empty string, which stands for "none" in our records. */
  get optionalText(): string | undefined {
    if (this.isNil) return undefined;
    const text = this.text;
    return text === "" ? undefined : text;
  }
  get optionalNumber(): number | undefined {
    const text = typeof this.value === "number" ? String(this.value) : this.optionalText;
    return text === undefined ? undefined : Number(text);
  }
  /** A bug on one of the two sides: the reply is none that the script documents. */
  unexpected(problem = `tag ${JSON.stringify(this.tag)}`): Error {
    return new TypeError(`script ${this.scriptName} replied with ${problem}`);
  }
  /** Elements as they came. */
  get list(): readonly unknown[] {
    if (Array.isArray(this.value)) return this.value as readonly unknown[];
    throw this.unexpected("no list");
  }
}
