declare const valueType: unique symbol;

/**
 * Names a value that `ctx.offload` stored outside of the history; `ctx.load` gives it back. Plain data: it may be
 * kept, returned, and handed to activities and to `continueAsNew`. Good within its workflow id only.
 */
export interface OffloadedValue<T> {
  readonly valueId: string;
  /** Type only; never set. */
  readonly [valueType]?: T;
}
