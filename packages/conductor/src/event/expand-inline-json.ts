import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { jsonProblem } from "../definition/json-problem.js";

/** Reads the texts of a payload that hold a JSON object or list as such, at any depth, also inside what was read. */
export function expandInlineJson(payload: JsonMap): JsonMap {
  return expanded(payload) as JsonMap;
}

function expanded(value: unknown): unknown {
  if (typeof value === "string") {
    const inner = inlineJson(value);
    return inner === undefined ? value : expanded(inner);
  }
  if (Array.isArray(value)) return value.map(expanded);
  if (!isJsonMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, property]) => [key, expanded(property)]));
}

function inlineJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    // What bodies of requests may not hold is left as text: too deep, or a key that changes prototypes.
    return jsonProblem(value) === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}
