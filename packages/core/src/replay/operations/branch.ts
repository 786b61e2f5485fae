import { InvalidArgumentError } from "@heddle/protocol";
import type { Branch } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { AnyGenerator, Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** Starts one branch of `all` or `race`: an operation, or a generator that becomes a fiber of its own. */
export function startBranch(
  runtime: Runtime,
  branch: Branch<unknown>,
  settle: (outcome: Outcome) => void,
): Cancel {
  if (branch instanceof RuntimeOperation) return startGuarded(runtime, branch, settle);
  if (isGenerator(branch)) {
    const fiber = runtime.spawn(branch, settle);
    return () => fiber.cancel(runtime);
  }
  throw new InvalidArgumentError(
    "a branch is neither an operation of ctx nor a generator; pass ctx.run(…), ctx.sleep(…) or the call of a generator function",
  );
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

function isGenerator(value: unknown): value is AnyGenerator {
  return typeof value === "object" && value !== null && "next" in value && "throw" in value;
}
