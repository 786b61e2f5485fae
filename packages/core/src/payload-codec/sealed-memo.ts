import type { SearchChanges } from "../store/search-changes.js";
import type { SealedPayloads } from "./sealed-payloads.js";

/** The same with its memo sealed. Search attributes are what runs are found by, so they are stored as they are. */
export function withSealedMemo<Carrier extends { readonly search?: SearchChanges }>(
  carrier: Carrier,
  payloads: SealedPayloads,
): Carrier {
  const { search } = carrier;
  if (search?.memo === undefined || search.memo === null) return carrier;
  return { ...carrier, search: { ...search, memo: payloads.seal(search.memo) } };
}
