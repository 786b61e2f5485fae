import { CancelledError, ScopeTimedOutError } from "@heddle/protocol";
import type { Outcome } from "../outcome.js";
import type { Runtime } from "../runtime.js";
import { checkedBranch } from "./branch.js";
import { type Cancel, RuntimeOperation, WINDING_DOWN } from "./runtime-operation.js";
import { TimerOperation } from "./timer-operation.js";

export interface ScopeSettings {
  readonly timeoutMs?: number | undefined;
  readonly shielded?: boolean;
  /** The run does not end before the scope; always so for a shielded one. */
  readonly outlastsCode?: boolean;
}

/**
 * `ctx.scope`: code that is cancelled on its own. It is cancelled once, by its timeout or from outside, and settles
 * when it has ended, clean-up included. A shielded one is not cancelled from outside: who awaits it is, afterwards.
 */
export class ScopeOperation<T> extends RuntimeOperation<T> {
  override readonly shielded: boolean;
  override readonly spawns = true;

  constructor(
    private readonly code: () => unknown,
    private readonly settings: ScopeSettings = {},
  ) {
    super();
    this.shielded = settings.shielded === true;
  }

  start(runtime: Runtime, settle: (outcome: Outcome) => void): Cancel {
    const { timeoutMs } = this.settings;
    const branch = checkedBranch("what the code of the scope gave", this.code(), new Set());
    const generator = branch instanceof RuntimeOperation ? branch[Symbol.iterator]() : branch;
    let timedOut = false;
    let cancellation: CancelledError | undefined;
    const unshield = this.shielded || this.settings.outlastsCode === true ? runtime.shield() : undefined;
    const cancelTimer =
      timeoutMs === undefined
        ? undefined
        : new TimerOperation({ durationMs: timeoutMs }).start(runtime, () => {
            timedOut = true;
            fiber.cancel(runtime, `its scope timed out after ${timeoutMs} ms`);
          });
    const fiber = runtime.spawn(generator, (ended) => {
      unshield?.();
      if (!timedOut) cancelTimer?.();
      const outcome = timedOut ? timedOutOutcome(timeoutMs ?? 0, ended) : ended;
      settle(cancellation === undefined ? outcome : { ...outcome, cancellation });
    });
    return (reason) => {
      if (this.shielded || timedOut) {
        cancellation ??= new CancelledError(reason ?? "the scope was cancelled");
        return WINDING_DOWN;
      }
      cancelTimer?.();
      const reply = fiber.cancel(runtime, reason);
      if (reply !== WINDING_DOWN) unshield?.();
      return reply;
    };
  }
}

/** Whatever the code made of it: what it returns late is not used, what its clean-up threw is the cause. */
function timedOutOutcome(timeoutMs: number, ended: Outcome): Outcome {
  const cause = ended.ok || ended.error instanceof CancelledError ? undefined : ended.error;
  const error = new ScopeTimedOutError(`the scope did not end within ${timeoutMs} ms and was cancelled`, {
    details: { timeoutMs },
    cause,
  });
  return { ok: false, error };
}
