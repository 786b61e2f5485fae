import type { Operation } from "./operation.js";

/** A value that one piece of a workflow's code gives and others await. The first settling counts, later ones are ignored. */
export interface Deferred<T> {
  readonly isSettled: boolean;
  resolve(value: T): void;
  reject(error: unknown): void;
  /** Resolves when it is settled, for everyone who waits; at once when it is already. */
  wait(): Operation<T>;
}
