import { InvalidArgumentError } from "@heddle/protocol";
import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { AnyGenerator, Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** A branch of `all` or `race` that was checked. */
export type CheckedBranch = RuntimeOperation<unknown> | AnyGenerator;

/**
 * Checks branches before any is started, so that a refusal leaves nothing running and no claim on a signal.
 * Throws `InvalidArgumentError`.
 */
export function checkedBranches(call: "all" | "race", branches: readonly Branch<unknown>[]): CheckedBranch[] {
  if (!Array.isArray(branches)) throw new InvalidArgumentError(`ctx.${call} takes a list of branches`);
  const generators = new Set<AnyGenerator>();
  return branches.map((branch: unknown, index) => {
    if (branch instanceof RuntimeOperation) return branch as RuntimeOperation<unknown>;
    if (!isGenerator(branch)) {
      throw new InvalidArgumentError(
        `branch ${index} of ctx.${call} is neither an operation of ctx nor a generator; ` +
          `pass ctx.run(…), ctx.sleep(…) or the call of a generator function`,
      );
    }
    if (generators.has(branch)) {
      throw new InvalidArgumentError(
        `branch ${index} of ctx.${call} is the same generator as an earlier one; call the function once per branch`,
      );
    }
    generators.add(branch);
    return branch;
  });
}

/**
 * The branches as they are to be started. A generator begins in its turn, after the code that is running now; the
 * operations behind it in the list wait for theirs too, so that of two waits for a signal the earlier branch is first.
 */
export function inTurn(branches: readonly CheckedBranch[]): CheckedBranch[] {
  const firstGenerator = branches.findIndex((branch) => !(branch instanceof RuntimeOperation));
  return branches.map((branch, index) => {
    const waits = firstGenerator !== -1 && index > firstGenerator;
    return waits && branch instanceof RuntimeOperation ? branch[Symbol.iterator]() : branch;
  });
}

/** Starts one branch of `all` or `race`: an operation, or a generator that becomes a fiber of its own. */
export function startBranch(
  runtime: Runtime,
  branch: CheckedBranch,
  settle: (outcome: Outcome) => void,
): Cancel {
  if (branch instanceof RuntimeOperation) return startGuarded(runtime, branch, settle);
  const fiber = runtime.spawn(branch, settle);
  return () => fiber.cancel(runtime);
}

/** Starts an operation; what it throws while starting (a bad input) becomes its outcome. */
export function startGuarded(
  runtime: Runtime,
  operation: RuntimeOperation<unknown>,
  settle: (outcome: Outcome) => void,
): Cancel {
  try {
    return operation.start(runtime, settle);
  } catch (error) {
    settle({ ok: false, error });
    return () => undefined;
  }
}

export function isGenerator(value: unknown): value is AnyGenerator {
  return typeof value === "object" && value !== null && "next" in value && "throw" in value;
}
