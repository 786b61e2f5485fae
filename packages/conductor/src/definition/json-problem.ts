import type { FieldPath, Problem } from "./validation-error.js";

/** Deepest nesting of a definition, as of a request body. */
const MAX_DEPTH = 64;

/** Why a value is no plain JSON that can be stored and given back: too deep, a key `__proto__`, or no JSON at all. */
export function jsonProblem(json: unknown): Problem | undefined {
  const rest: [value: unknown, at: FieldPath][] = [[json, []]];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [value, at] = next;
    if (!isJsonPart(value)) return { at, message: `must be plain JSON, and is a ${typeof value}` };
    if (typeof value !== "object" || value === null) continue;
    if (at.length >= MAX_DEPTH)
      return { at: at.slice(0, 4), message: `is nested deeper than ${MAX_DEPTH} levels` };
    for (const [key, child] of Object.entries(value)) {
      if (key === "__proto__") return { at, message: "has a key __proto__; name it otherwise" };
      if (child !== undefined) rest.push([child, [...at, Array.isArray(value) ? Number(key) : key]]);
    }
  }
  return undefined;
}

function isJsonPart(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null)
    return ["string", "boolean", "object"].includes(typeof value);
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
