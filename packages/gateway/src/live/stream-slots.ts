import { RateLimitedError, UnavailableError } from "@heddle/protocol";

/** A stream that ends makes room, so asking again soon may help. */
const RETRY_AFTER_MS = 5_000;

/** How many streams may be open, in all and of one caller. Counted by each gateway for itself. */
export class StreamSlots {
  #open = 0;
  readonly #ofCaller = new Map<string, number>();

  constructor(private readonly limits: { readonly total: number; readonly perCaller: number }) {}

  /** Throws `UnavailableError` or `RateLimitedError`. The returned function gives the slot back; it is safe to repeat. */
  take(caller: string): () => void {
    const { total, perCaller } = this.limits;
    const own = this.#ofCaller.get(caller) ?? 0;
    if (own >= perCaller) {
      throw new RateLimitedError(
        `${caller} has ${own} streams open here, as many as a caller may; close some`,
        {
          details: { streamsPerCaller: perCaller, retryAfterMs: RETRY_AFTER_MS },
        },
      );
    }
    if (this.#open >= total) {
      throw new UnavailableError(
        `this gateway has ${total} streams open and takes no more; repeat later, or ask another replica`,
        { details: { streams: total, retryAfterMs: RETRY_AFTER_MS } },
      );
    }
    this.#open += 1;
    this.#ofCaller.set(caller, own + 1);
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      this.#open -= 1;
      const left = (this.#ofCaller.get(caller) ?? 1) - 1;
      if (left === 0) this.#ofCaller.delete(caller);
      else this.#ofCaller.set(caller, left);
    };
  }
}
