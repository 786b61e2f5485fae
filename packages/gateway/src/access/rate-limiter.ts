import type { AccessStore } from "@heddle/core";
import { RateLimitedError } from "@heddle/protocol";
import { BoundedMap } from "./bounded-map.js";

const MOST_CALLERS = 10_000;
/** A gateway takes a twentieth of a second's requests at once, so that it asks Redis twenty times a second at most. */
const SLICES_PER_SECOND = 20;
/** What was taken and not used within this time is given up; the others' buckets have refilled by then. */
const SLICE_MS = 1_000;

interface Slice {
  tokens: number;
  untilMs: number;
  refusedUntilMs: number;
  asking: Promise<void> | undefined;
}

/** Limits each caller to so many requests a second, over all gateways of the namespace. */
export class RateLimiter {
  readonly #slices = new BoundedMap<Slice>(MOST_CALLERS);

  constructor(
    private readonly store: Pick<AccessStore, "takeTokens">,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Rejects with `RateLimitedError`, and as the store does when it cannot be asked. */
  async take(subject: string, perSecond: number): Promise<void> {
    const slice = this.#sliceOf(subject);
    while (slice.tokens < 1 || slice.untilMs <= this.nowMs()) {
      if (slice.refusedUntilMs > this.nowMs()) throw this.#refusal(subject, perSecond, slice);
      slice.asking ??= this.#ask(subject, perSecond, slice).finally(() => (slice.asking = undefined));
      await slice.asking;
    }
    slice.tokens -= 1;
  }

  async #ask(subject: string, perSecond: number, slice: Slice): Promise<void> {
    const reply = await this.store.takeTokens({
      subject,
      perSecond,
      burst: Math.max(1, Math.ceil(perSecond)),
      wanted: Math.max(1, Math.floor(perSecond / SLICES_PER_SECOND)),
    });
    if (reply.outcome === "refused") {
      slice.refusedUntilMs = this.nowMs() + reply.retryAfterMs;
      return;
    }
    slice.tokens = reply.tokens;
    slice.untilMs = this.nowMs() + SLICE_MS;
  }

  #sliceOf(subject: string): Slice {
    const known = this.#slices.get(subject);
    if (known !== undefined) return known;
    const fresh: Slice = { tokens: 0, untilMs: 0, refusedUntilMs: 0, asking: undefined };
    this.#slices.set(subject, fresh);
    return fresh;
  }

  #refusal(subject: string, perSecond: number, { refusedUntilMs }: Slice): RateLimitedError {
    return new RateLimitedError(`${subject} may make ${perSecond} requests a second and has made them`, {
      details: {
        requestsPerSecond: perSecond,
        retryAfterMs: Math.max(1, Math.ceil(refusedUntilMs - this.nowMs())),
      },
    });
  }
}
