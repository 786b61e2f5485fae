import type { Operation } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";

/**
 * Ends an operation that nobody waits for any more: gives up claims and tells the outside. Idempotent.
 * Returns `WINDING_DOWN` when code inside it still cleans up: then it is over when it settles, and not before.
 */
export type Cancel = (reason?: string) => unknown;
export const WINDING_DOWN = "winding-down";

/**
 * An operation that the machine can start. `yield* operation` hands it to the machine, which answers with its
 * outcome. `start` may settle before it returns (a signal that waits already) and settles at most once.
 */
export abstract class RuntimeOperation<T> implements Operation<T> {
  /** A cancellation that the awaiting code has not seen yet waits until this operation has ended. */
  readonly shielded: boolean = false;
  /** Code inside it begins in its turn, after the code that is running now. */
  readonly spawns: boolean = false;

  abstract start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel;

  *[Symbol.iterator](): Generator<Operation<unknown>, T, unknown> {
    return (yield this) as T;
  }
}
