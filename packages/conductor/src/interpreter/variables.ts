import type { JsonMap } from "../definition/json-bean.js";
import { sizeWithin } from "../expression/json-size.js";

export const MAX_VARIABLES_CHARACTERS = 256 * 1024;

/** The variables of an execution with these put in, key by key; undefined when they would be too large. */
export function mergedVariables(
  { variables }: { readonly variables: JsonMap },
  changes: JsonMap,
): JsonMap | undefined {
  const merged = { ...variables, ...changes };
  return sizeWithin(merged, MAX_VARIABLES_CHARACTERS) === undefined ? undefined : merged;
}
