import { PayloadNotSerializableError } from "./errors.js";
import { quoted } from "./quoted.js";

/**
 * Finds the first part of a value that the codec would drop or turn into `{}` without a word.
 * Throws `PayloadNotSerializableError` naming its path, from `$`.
 */
export function assertSerializable(value: unknown, what: string): void {
  const seen = new Set<object>();
  const visit = (part: unknown, path: string): void => {
    const problem = problemOf(part);
    if (problem !== undefined) {
      throw new PayloadNotSerializableError(`${what} holds ${problem} at ${path}; pass plain data`, {
        details: { path },
      });
    }
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    for (const [childPath, child] of childrenOf(part, path)) visit(child, childPath);
  };
  visit(value, "$");
}

function problemOf(part: unknown): string | undefined {
  if (typeof part === "function" || typeof part === "symbol") return `a ${typeof part}`;
  if (typeof part !== "object" || part === null) return undefined;
  if (part instanceof Promise) return "a promise (was an await forgotten?)";
  if (part instanceof WeakMap || part instanceof WeakSet || part instanceof WeakRef)
    return "a weak reference";
  // Browsers hide the class from pages that are not isolated.
  if (typeof SharedArrayBuffer === "function" && part instanceof SharedArrayBuffer) return "shared memory";
  const iterable = Symbol.iterator in part || Symbol.asyncIterator in part;
  const keepsItsElements =
    Array.isArray(part) || part instanceof Map || part instanceof Set || ArrayBuffer.isView(part);
  if (iterable && !keepsItsElements) return "an iterator or operation (was a yield* forgotten?)";
  return undefined;
}

function* childrenOf(part: object, path: string): Generator<readonly [path: string, child: unknown]> {
  if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer || part instanceof Date) return;
  if (part instanceof Map) {
    for (const [key, child] of part) {
      yield [`${path}.keys()`, key];
      yield [`${path}.get(${quoted(key)})`, child];
    }
    return;
  }
  if (part instanceof Set) {
    for (const child of part) yield [`${path}.values()`, child];
    return;
  }
  for (const [key, child] of Object.entries(part)) {
    yield [Array.isArray(part) ? `${path}[${key}]` : `${path}.${key}`, child];
  }
  if (part instanceof Error) yield [`${path}.cause`, part.cause];
}
