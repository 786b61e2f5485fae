import { PayloadNotSerializableError } from "@heddle/protocol";

/**
 * A request body. JSON would drop or alter some values without a word; these are refused instead.
 * Throws `PayloadNotSerializableError` naming the path.
 */
export function jsonBody(body: object): string {
  const enclosing = new Set<object>();

  const visit = (value: unknown, path: string): void => {
    const problem = problemOf(value);
    if (problem !== undefined) throw refused(problem, path);
    if (typeof value !== "object" || value === null) return;
    if (enclosing.has(value)) throw refused("an object inside itself", path);
    if (convertsItself(value)) {
      visit(value.toJSON(), path);
      return;
    }
    enclosing.add(value);
    for (const [key, part] of Object.entries(value)) {
      visit(part, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    }
    enclosing.delete(value);
  };

  visit(body, "$");
  return JSON.stringify(body);
}

function convertsItself(value: object): value is { toJSON: () => unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function problemOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "function":
    case "symbol":
    case "bigint":
      return `a ${typeof value}`;
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "object":
      return value === null || Array.isArray(value) ? undefined : objectProblem(value);
    default:
      return undefined;
  }
}

function objectProblem(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : undefined;
  if (value instanceof Promise) return "a promise (was an await forgotten?)";
  if (value instanceof Error || value instanceof RegExp || value instanceof ArrayBuffer) {
    return `a ${value.constructor.name}`;
  }
  const isCollection = ArrayBuffer.isView(value) || Symbol.iterator in value;
  return isCollection ? `a ${value.constructor.name}` : undefined;
}

function refused(problem: string, path: string): PayloadNotSerializableError {
  return new PayloadNotSerializableError(
    `the request holds ${problem} at ${path}, which JSON has no form for; pass plain data`,
    { details: { path } },
  );
}
