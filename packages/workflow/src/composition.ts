import type { Duration } from "@heddle/protocol";
import type { Branch, BranchResult, Operation } from "./operation.js";

/** How one branch ended, as with `Promise.allSettled`. */
export type SettledOutcome<T> =
  | { readonly status: "fulfilled"; readonly value: T }
  | { readonly status: "rejected"; readonly reason: unknown };

export interface MapConcurrency {
  /** How many items are worked on at once, a whole number from 1. Default: all. */
  readonly concurrency?: number;
}

/** When a `map` as a whole has failed. With both, both must hold. */
interface MapPolicy {
  /** The map fails as soon as fewer items than this can still succeed. */
  readonly minSuccesses?: number;
  /** The map fails as soon as more items than this have failed. */
  readonly toleratedFailures?: number;
}

export type MapOptions = MapConcurrency & MapPolicy;

/** At least one of the two, which makes the results settled outcomes. */
export type MapPolicyOptions = MapConcurrency &
  (
    | { readonly minSuccesses: number; readonly toleratedFailures?: number }
    | { readonly minSuccesses?: number; readonly toleratedFailures: number }
  );

export interface ScopeOptions {
  /** Cancels the code of the scope when it has not ended by then. */
  readonly timeout?: Duration;
  /** A cancellation from outside waits until the scope has ended. Its own timeout still applies. */
  readonly shielded?: boolean;
}

/** Given to the code of `ctx.saga`: runs its steps and remembers how to undo them. */
export interface Saga {
  /** Runs a branch; once it has succeeded, `compensate` gives the branch that undoes it. */
  run<B extends Branch<unknown>>(
    branch: B,
    compensate: (result: BranchResult<B>) => Branch<unknown>,
  ): Operation<BranchResult<B>>;
  /** Remembers a compensation without a step: for work that may have happened although its activity failed. */
  addCompensation(compensate: () => Branch<unknown>): void;
}
