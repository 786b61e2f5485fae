import { InvalidArgumentError } from "@heddle/protocol";
import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { AnyGenerator, Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** A branch of `all`, `race` or the like that was checked. */
export type CheckedBranch = RuntimeOperation<unknown> | AnyGenerator;

/**
 * Checks branches before any is started, so that a refusal leaves nothing running and no claim on a signal.
 * Throws `InvalidArgumentError`.
 */
export function checkedBranches(
  call: "all" | "allSettled" | "race",
  branches: readonly Branch<unknown>[],
): CheckedBranch[] {
  if (!Array.isArray(branches)) throw new InvalidArgumentError(`ctx.${call} takes a list of branches`);
  const generators = new Set<AnyGenerator>();
  return branches.map((branch: unknown, index) =>
    checkedBranch(`branch ${index} of ctx.${call}`, branch, generators),
  );
}

/** The same for one; `generators` are those of the branches before it. */
export function checkedBranch(what: string, branch: unknown, generators: Set<AnyGenerator>): CheckedBranch {
  if (branch instanceof RuntimeOperation) return branch as RuntimeOperation<unknown>;
  if (!isGenerator(branch)) {
    // The promise of an async function that should have been a generator: nobody else will hear of its failure.
    if (branch instanceof Promise) branch.catch(() => undefined);
    throw new InvalidArgumentError(
      `${what} is neither an operation of ctx nor a generator; ` +
        `pass ctx.run(…), ctx.sleep(…) or the call of a generator function`,
    );
  }
  if (generators.has(branch)) {
    throw new InvalidArgumentError(
      `${what} is the same generator as an earlier one; call the function once per branch`,
    );
  }
  generators.add(branch);
  return branch;
}

/** Whether code of the branch begins after the code that is running now. */
export function beginsInTurn(branch: CheckedBranch): boolean {
  return !(branch instanceof RuntimeOperation) || branch.spawns;
}

/** Starts one branch: an operation, or a generator that becomes a fiber of its own. */
export function startBranch(
  runtime: Runtime,
  branch: CheckedBranch,
  settle: (outcome: Outcome) => void,
): Cancel {
  if (branch instanceof RuntimeOperation) return startGuarded(runtime, branch, settle);
  const fiber = runtime.spawn(branch, settle);
  return (reason) => fiber.cancel(runtime, reason);
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
