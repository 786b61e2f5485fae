import { RateLimitedError } from "@heddle/protocol";
import { BoundedMap } from "./bounded-map.js";

const MOST_IN_A_ROW = 20;
/** One more is allowed after each of these. */
const FORGIVEN_AFTER_MS = 3_000;
const MOST_ADDRESSES = 10_000;

/** How many wrong credentials an address may send. Counted by each gateway for itself. */
export class FailedAttempts {
  /** When the last failure of an address will be forgiven. */
  readonly #forgivenAtMs = new BoundedMap<number>(MOST_ADDRESSES);

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  count(address: string): void {
    const now = this.nowMs();
    const forgivenAtMs = Math.max(this.#forgivenAtMs.get(address) ?? now, now) + FORGIVEN_AFTER_MS;
    this.#forgivenAtMs.set(address, forgivenAtMs);
  }

  /** Throws `RateLimitedError` when the address has failed too often. */
  assertMayTry(address: string): void {
    const outstandingMs = (this.#forgivenAtMs.get(address) ?? -Infinity) - this.nowMs();
    const retryAfterMs = outstandingMs - (MOST_IN_A_ROW - 1) * FORGIVEN_AFTER_MS;
    if (retryAfterMs <= 0) return;
    throw new RateLimitedError("too many requests without valid credentials came from this address", {
      details: { retryAfterMs: Math.ceil(retryAfterMs) },
    });
  }
}
