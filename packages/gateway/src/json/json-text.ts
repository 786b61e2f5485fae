import { HeddleError } from "@heddle/protocol";
import { type Level, refusedBody, takeKey } from "./object-key.js";

/** Deepest nesting taken: one level per open `{` or `[`. */
export const MAX_JSON_DEPTH = 64;

/**
 * Parses what can be stored and given back unchanged; everything else is refused rather than altered.
 *
 * Throws `MALFORMED_JSON` for text that is no JSON, and `INVALID_ARGUMENT` for: nesting over 64 levels, a key twice in
 * one object, the keys `__proto__` and `constructor.prototype`, an integer literal beyond ±(2^53 − 1), a number that
 * overflows, and a lone surrogate.
 */
export function parseJsonText(text: string): unknown {
  try {
    checkJsonText(text);
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new HeddleError("MALFORMED_JSON", `the body is not valid JSON: ${error.message}`);
  }
}

/** Looks at the tokens only, in one pass and before any value is built; grammar is left to `JSON.parse`. */
function checkJsonText(text: string): void {
  const levels: Level[] = [];
  let expectsKey = false;
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = endOfString(text, at);
      const token = text.slice(at, end);
      const level = levels.at(-1);
      if (expectsKey && level?.keys !== undefined) takeKey(level, level.keys, stringOf(token));
      else stringOf(token);
      expectsKey = false;
      at = end;
    } else if (character === "{" || character === "[") {
      if (levels.length === MAX_JSON_DEPTH) {
        throw refusedBody(`the body is nested deeper than ${MAX_JSON_DEPTH} levels; send a flatter value`);
      }
      expectsKey = character === "{";
      levels.push({
        keys: expectsKey ? new Set() : undefined,
        under: levels.at(-1)?.lastKey,
        lastKey: undefined,
      });
      at += 1;
    } else if (character === "}" || character === "]") {
      levels.pop();
      expectsKey = false;
      at += 1;
    } else if (character === "-" || (character >= "0" && character <= "9")) {
      at = takeNumber(text, at);
    } else {
      if (character === ",") expectsKey = levels.at(-1)?.keys !== undefined;
      at += 1;
    }
  }
}

/** Index behind the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (text.charAt(quote - 1 - backslashes) === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

/** Value of a string token. Throws the parser's own `SyntaxError` for a bad escape. */
function stringOf(token: string): string {
  if (!token.includes("\\")) return token.slice(1, -1);
  const value = JSON.parse(token) as string;
  if (!value.isWellFormed()) {
    throw refusedBody(
      "the body holds a lone surrogate, which UTF-8 cannot keep; send well-formed Unicode, or base64 for bytes",
    );
  }
  return value;
}

const NUMBER = /-?\d+((?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/** Index behind the number that begins here. */
function takeNumber(text: string, start: number): number {
  NUMBER.lastIndex = start;
  const match = NUMBER.exec(text);
  if (match === null) return start + 1;
  const [token, fractionOrExponent] = match;
  const value = Number(token);
  if (fractionOrExponent === "" ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
    throw refusedBody(`the number ${token.slice(0, 40)} cannot be kept exactly; send it as a string`);
  }
  return start + token.length;
}
