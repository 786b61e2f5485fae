import { StopSignal } from "@heddle/core";

/**
 * Why an attempt does not simply run to its end.
 * `stale`: it is not ours any more, so nothing is settled; `timed-out` and `draining`: its code shall end, then it is
 * settled; `cut-off`: the worker ends now and waits for nobody.
 */
export type InterruptionReason = "stale" | "timed-out" | "draining" | "cut-off";

/** Of two reasons the stronger one decides what is settled. */
const STRENGTH: Record<InterruptionReason, number> = { "timed-out": 1, draining: 2, stale: 3, "cut-off": 4 };

/** What an attempt was told to stop for, and the signals that follow from it. */
export class Interruption {
  /** Raised when code that ignores its signal has had its time. */
  readonly patienceOver = new StopSignal();
  /** Raised when no answer of the store matters any more. */
  readonly storeIrrelevant = new StopSignal();
  readonly #timers: NodeJS.Timeout[] = [];
  #code: AbortController | undefined;
  #codeError: Error | undefined;
  #reason: InterruptionReason | undefined;

  get reason(): InterruptionReason | undefined {
    return this.#reason;
  }

  /** For the activity's own code. Made when it is asked for, because most code never asks. */
  get code(): AbortSignal {
    if (this.#code === undefined) {
      this.#code = new AbortController();
      if (this.#codeError !== undefined) this.#code.abort(this.#codeError);
    }
    return this.#code.signal;
  }

  /** Tells the code at once and gives it `patienceMs` to end. May be repeated: reasons grow, patience shrinks. */
  raise(reason: InterruptionReason, options: { error: Error; patienceMs: number }): void {
    const { error, patienceMs } = options;
    if (STRENGTH[reason] > (this.#reason === undefined ? 0 : STRENGTH[this.#reason])) this.#reason = reason;
    this.#codeError ??= error;
    this.#code?.abort(this.#codeError);
    this.#timers.push(setTimeout(() => this.patienceOver.raise(error), patienceMs));
    if (reason === "stale" || reason === "cut-off") this.storeIrrelevant.raise(error);
  }

  /** Ends what waits for it. */
  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
