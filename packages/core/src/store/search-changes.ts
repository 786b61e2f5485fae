import type { AttributeChanges, Payload } from "@heddle/protocol";

/** What is to become of a run's search attributes and memo. What is not named stays. */
export interface SearchChanges {
  /** Null or undefined removes an attribute. */
  readonly attributes?: AttributeChanges;
  /** Null removes it. */
  readonly memo?: Payload | null;
}

/** Both, one behind the other, as one. */
export function joinedChanges(
  earlier: SearchChanges | undefined,
  later: SearchChanges | undefined,
): SearchChanges | undefined {
  if (earlier === undefined || later === undefined) return later ?? earlier;
  return {
    ...earlier,
    ...later,
    ...(earlier.attributes === undefined && later.attributes === undefined
      ? {}
      : { attributes: { ...earlier.attributes, ...later.attributes } }),
  };
}
