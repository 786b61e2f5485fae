import type { SearchChanges } from "@heddle/core";
import type { PartitionKeys } from "../keys.js";
import type { ScriptArgument } from "../script.js";
import { changesArgument, packed } from "./terms.js";

/** Last keys of the scripts that create a run. */
export function searchKeys(keys: PartitionKeys): string[] {
  return [keys.attributes, keys.byAttribute, keys.memos];
}

/** Their last arguments; none for a run that is found by its id, type and status alone. */
export function searchArguments(search: SearchChanges | undefined): ScriptArgument[] {
  if (search === undefined) return [];
  return [packed(changesArgument(search.attributes ?? {})), search.memo ?? ""];
}
