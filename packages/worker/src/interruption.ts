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
  readonly #code = new AbortController();
  readonly #patience = new AbortController();
  readonly #store = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #reason: InterruptionReason | undefined;

  get reason(): InterruptionReason | undefined {
    return this.#reason;
  }

  /** For the activity's own code. */
  get code(): AbortSignal {
    return this.#code.signal;
  }

  /** Aborts when code that ignores its signal has had its time. */
  get patienceOver(): AbortSignal {
    return this.#patience.signal;
  }

  /** Aborts when no answer of the store matters any more. */
  get storeIrrelevant(): AbortSignal {
    return this.#store.signal;
  }

  /** Tells the code at once and gives it `patienceMs` to end. May be repeated: reasons grow, patience shrinks. */
  raise(reason: InterruptionReason, options: { error: Error; patienceMs: number }): void {
    if (STRENGTH[reason] > (this.#reason === undefined ? 0 : STRENGTH[this.#reason])) this.#reason = reason;
    this.#code.abort(options.error);
    this.#timers.push(setTimeout(() => this.#patience.abort(options.error), options.patienceMs));
    if (reason === "stale" || reason === "cut-off") this.#store.abort(options.error);
  }

  /** Ends what waits for it. */
  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
