/**
 * Something a workflow can wait for: `const value = yield* operation`.
 * It does nothing until it is awaited, alone or inside `ctx.all` and `ctx.race`.
 */
export interface Operation<T> {
  [Symbol.iterator](): Iterator<Operation<unknown>, T, unknown>;
}

/** A piece of workflow code written as its own generator; a branch of `ctx.all` and `ctx.race`. */
export type WorkflowGenerator<T> =
  Generator<Operation<unknown>, T, unknown> | AsyncGenerator<Operation<unknown>, T, unknown>;

export type Branch<T> = Operation<T> | WorkflowGenerator<T>;

export type BranchResult<B> =
  B extends WorkflowGenerator<infer T> ? T : B extends Operation<infer T> ? T : never;
