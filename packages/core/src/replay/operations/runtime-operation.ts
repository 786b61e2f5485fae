import type { Operation } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";

/** Ends an operation that nobody waits for any more: gives up claims and tells the outside. Idempotent. */
export type Cancel = () => void;

/**
 * An operation that the machine can start. `yield* operation` hands it to the machine, which answers with its
 * outcome. `start` may settle before it returns (a signal that waits already) and settles at most once.
 */
export abstract class RuntimeOperation<T> implements Operation<T> {
  abstract start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel;

  *[Symbol.iterator](): Generator<Operation<unknown>, T, unknown> {
    return (yield this) as T;
  }
}
