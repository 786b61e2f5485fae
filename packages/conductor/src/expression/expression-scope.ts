/** What expressions see: `workflow`, and one entry per task that was scheduled, by its reference name. */
export interface ExpressionScope {
  /** `workflow`, or the fields of a task; undefined when there is no entry of the name. */
  find(name: string): unknown;
  /** All of it, for the few paths that search everything (`$..x`); not called for others. */
  whole(): Readonly<Record<string, unknown>>;
}

/** A scope over a plain object; keys that it inherits are none of its entries. */
export function scopeOf(document: Readonly<Record<string, unknown>>): ExpressionScope {
  return {
    find: (name) => (Object.hasOwn(document, name) ? document[name] : undefined),
    whole: () => document,
  };
}

/** What expressions may know besides the execution. Nothing of the process: what is not listed here is null. */
export interface ExpressionSurroundings {
  /** `${CPEWF_TASK_ID}`. */
  readonly taskId?: string | undefined;
  /** `${NAME}` and `${workflow.env.NAME}`: the variables that the operator gives to definitions. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}
