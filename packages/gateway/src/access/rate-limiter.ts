import type { AccessStore } from "@heddle/core";
import { OutcomeUnknownError, RateLimitedError, UnavailableError } from "@heddle/protocol";
import { BoundedMap } from "./bounded-map.js";
import type { Principal } from "./principal.js";

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

/** Bucket of all callers together; callers have other names (see `Principal`). */
const NAMESPACE = "namespace";

/** Requests a second; 0 for no limit. */
export interface RateLimits {
  /** Of each caller who has no limit of his own. */
  readonly perCaller: number;
  /** Of all callers together. None of them gets more than half of it, so that one alone cannot shut out the others. */
  readonly perNamespace: number;
}

/** Limits callers to so many requests a second and a day, each and together, over all gateways of the namespace. */
export class RateLimiter {
  readonly #slices = new BoundedMap<Slice>(MOST_CALLERS);

  constructor(
    private readonly store: Pick<AccessStore, "takeTokens" | "useQuota">,
    private readonly limits: RateLimits,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Takes one request, or as many as it stands for. Rejects with `RateLimitedError`, and with a retryable error of which the caller knows that nothing happened. */
  async take(caller: Principal, requests = 1): Promise<void> {
    const { perCaller, perNamespace } = this.limits;
    const perSecond = shareOf(perNamespace, caller.requestsPerSecond ?? perCaller);
    try {
      for (let taken = 0; taken < requests; taken++) {
        // First, so that who is refused for himself takes nothing from the others.
        if (perSecond > 0) await this.#takeOfSecond(caller.name, perSecond);
        if (perNamespace > 0) await this.#takeOfSecond(NAMESPACE, perNamespace);
        if (caller.requestsPerDay !== undefined) await this.#takeOfDay(caller.name, caller.requestsPerDay);
      }
    } catch (cause) {
      if (!(cause instanceof OutcomeUnknownError)) throw cause;
      // Whether this was counted is unknown; what was asked for was not even begun.
      throw new UnavailableError("Redis did not answer in time; nothing was done, repeat later", { cause });
    }
  }

  /** As `take` of one request where that needs no question to Redis, which is nearly always; else nothing is taken. */
  takeAtOnce(caller: Principal): boolean {
    const { perCaller, perNamespace } = this.limits;
    if (caller.requestsPerDay !== undefined) return false;
    const slices: Slice[] = [];
    if (shareOf(perNamespace, caller.requestsPerSecond ?? perCaller) > 0) {
      slices.push(this.#sliceOf(caller.name));
    }
    if (perNamespace > 0) slices.push(this.#sliceOf(NAMESPACE));
    const nowMs = this.nowMs();
    if (slices.some(({ tokens, untilMs }) => tokens < 1 || untilMs <= nowMs)) return false;
    for (const slice of slices) slice.tokens -= 1;
    return true;
  }

  async #takeOfSecond(subject: string, perSecond: number): Promise<void> {
    const slice = this.#sliceOf(subject);
    while (slice.tokens < 1 || slice.untilMs <= this.nowMs()) {
      const retryAfterMs = slice.refusedUntilMs - this.nowMs();
      if (retryAfterMs > 0) throw refusal(subject, { requestsPerSecond: perSecond }, retryAfterMs);
      slice.asking ??= this.#ask(subject, perSecond, slice).finally(() => (slice.asking = undefined));
      await slice.asking;
    }
    slice.tokens -= 1;
  }

  async #takeOfDay(subject: string, perDay: number): Promise<void> {
    const reply = await this.store.useQuota({ subject, perDay });
    if (reply.outcome === "refused") throw refusal(subject, { requestsPerDay: perDay }, reply.retryAfterMs);
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
}

/** What a caller may have of a namespace's rate. */
function shareOf(perNamespace: number, perCaller: number): number {
  if (perNamespace === 0) return perCaller;
  const most = perNamespace / 2;
  return perCaller === 0 ? most : Math.min(perCaller, most);
}

function refusal(
  subject: string,
  limit: { requestsPerSecond: number } | { requestsPerDay: number },
  retryAfterMs: number,
): RateLimitedError {
  const times =
    "requestsPerDay" in limit ? `${limit.requestsPerDay} a day` : `${limit.requestsPerSecond} a second`;
  const who = subject === NAMESPACE ? "the namespace" : subject;
  return new RateLimitedError(`${who} has used up its requests: ${times}`, {
    details: { ...limit, retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) },
  });
}
