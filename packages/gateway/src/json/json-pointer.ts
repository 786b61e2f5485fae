/** A place in a JSON document by RFC 6901: `""` is the whole, `/a/0/b` a value inside. It only looks; nothing is evaluated. */
export class JsonPointer {
  readonly #tokens: readonly string[];

  /** Throws a `SyntaxError` that says what is wrong. */
  constructor(readonly text: string) {
    if (text !== "" && !text.startsWith("/")) {
      throw new SyntaxError(
        'must be a JSON Pointer: "" for the whole body, or "/" and a name, as in /data/0/id',
      );
    }
    if (/~(?![01])/.test(text))
      throw new SyntaxError('has a "~" that is not "~0" (for "~") or "~1" (for "/")');
    this.#tokens = text
      .split("/")
      .slice(1)
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  }

  /** The value there; undefined when there is none. */
  find(document: unknown): unknown {
    return this.#tokens.reduce(memberOf, document);
  }
}

function memberOf(value: unknown, token: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value))
    return /^(?:0|[1-9]\d{0,9})$/.test(token) ? (value as unknown[])[Number(token)] : undefined;
  return Object.hasOwn(value, token) ? (value as Record<string, unknown>)[token] : undefined;
}
