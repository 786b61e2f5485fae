import { CompensationFailedError, failureOf, InvalidArgumentError } from "@heddle/protocol";
import type { Branch, Operation } from "@heddle/workflow";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { checkedBranch, startBranch } from "./branch.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";
import { ScopeOperation } from "./scope-operation.js";

type Compensation = () => unknown;
type SagaCode = (saga: Compensations) => unknown;

/**
 * `ctx.saga`: code whose completed steps are undone, the latest first, when it throws or is cancelled. Undoing is
 * shielded, so it is finished whatever comes; then the error of the code is thrown.
 */
export function sagaOperation(code: SagaCode): RuntimeOperation<unknown> {
  // One that lost a race goes on beside the code, and has to undo what it did before the run ends.
  return new ScopeOperation(() => runSaga(code), { outlastsCode: true });
}

function* runSaga(code: SagaCode): Generator<Operation<unknown>, unknown, unknown> {
  const compensations = new Compensations();
  try {
    return yield* new ScopeOperation(() => code(compensations));
  } catch (error) {
    const failures = yield* new ScopeOperation<unknown[]>(() => compensations.undo(), { shielded: true });
    if (failures.length > 0) throw compensationFailed(failures, compensations.undone, error);
    throw error;
  } finally {
    compensations.isClosed = true;
  }
}

/** The `saga` that the code gets: what has to be undone, in the order in which it was done. */
class Compensations {
  undone = 0;
  isClosed = false;
  private readonly list: Compensation[] = [];

  run(branch: Branch<unknown>, compensate: (result: unknown) => unknown): RuntimeOperation<unknown> {
    this.assertUsable("saga.run", compensate);
    return new SagaStepOperation(branch, (result) => this.list.push(() => compensate(result)));
  }

  addCompensation(compensate: Compensation): void {
    this.assertUsable("saga.addCompensation", compensate);
    this.list.push(compensate);
  }

  /** One after the other; a failure does not stop those that are left. */
  *undo(): Generator<Operation<unknown>, unknown[], unknown> {
    const failures: unknown[] = [];
    for (let next = this.list.pop(); next !== undefined; next = this.list.pop()) {
      this.undone++;
      const compensate = next;
      try {
        yield* new SagaStepOperation(compensate() as Branch<unknown>, () => undefined);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  private assertUsable(call: string, compensate: unknown): void {
    if (typeof compensate !== "function") {
      throw new InvalidArgumentError(
        `${call} got no compensation; pass a function that gives the branch to undo with`,
      );
    }
    if (this.isClosed) {
      throw new InvalidArgumentError(
        `${call} came after its saga had ended, so nothing would ever be undone`,
      );
    }
  }
}

/** One branch, and what to note when it has succeeded: at that moment, so that no cancellation comes between. */
class SagaStepOperation extends RuntimeOperation<unknown> {
  override readonly spawns = true;

  constructor(
    private readonly branch: Branch<unknown>,
    private readonly succeeded: (result: unknown) => void,
  ) {
    super();
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const branch = checkedBranch("the branch of a saga", this.branch, new Set());
    return startBranch(runtime, branch, (outcome) => {
      if (outcome.ok) this.succeeded(outcome.value);
      settle(outcome);
    });
  }
}

function compensationFailed(
  failures: readonly unknown[],
  tried: number,
  cause: unknown,
): CompensationFailedError {
  const errors = failures.map(describe);
  return new CompensationFailedError(
    `${failures.length} of ${tried} compensations failed (${errors.join("; ")}); ` +
      `the saga was undone because of ${describe(cause)}`,
    { details: { compensations: tried, failed: failures.length, errors }, cause, errors: failures },
  );
}

function describe(thrown: unknown): string {
  const { name, message } = failureOf(thrown);
  return `${name}: ${message}`;
}
