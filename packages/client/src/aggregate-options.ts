import type { CallOptions } from "./call-options.js";
import type { AttributeScalar } from "./search-options.js";

export interface AggregateOptions extends CallOptions {
  /**
   * What runs are counted by. By an attribute, runs without it are in no group, and a run with a list is in the group
   * of each of its elements.
   */
  readonly groupBy: "status" | "type" | "version" | { readonly attribute: string };
}

/** Runs of a filter that have something in common. */
export interface RunGroup {
  /** `null`: no code has moved these runs, so they have no version. Dates arrive as ISO 8601 text. */
  readonly group: AttributeScalar | null;
  readonly count: number;
}
