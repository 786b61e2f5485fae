export interface QueueSight {
  readonly nowMs: number;
  /** Tickets that nobody has fetched; `undefined` when Redis did not say. */
  readonly waiting: number | undefined;
  readonly freeSlots: number;
  /** All tickets that this consumer ever got. */
  readonly fetched: number;
}

/**
 * Judges whether a consumer that should fetch does not. It is quiet while tickets wait, slots are free and none
 * arrives; not knowing is no reason, because after an outage the consumer needs time of its own to come back.
 */
export class QuietQueue {
  readonly #patienceMs: number;
  #quietSinceMs: number | undefined;
  #fetched = 0;
  #restarts = 0;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Each restart that did not help doubles the patience, up to 16 times: a queue paused by hand looks the same. */
  judge(sight: QueueSight): "moving" | "quiet" | "restart" {
    const hasFetched = sight.fetched !== this.#fetched;
    this.#fetched = sight.fetched;
    if (hasFetched || sight.freeSlots < 1 || sight.waiting === undefined || sight.waiting === 0) {
      this.#quietSinceMs = undefined;
      if (sight.waiting !== undefined) this.#restarts = 0;
      return "moving";
    }
    this.#quietSinceMs ??= sight.nowMs;
    if (sight.nowMs - this.#quietSinceMs < this.#patienceMs * 2 ** Math.min(this.#restarts, 4))
      return "quiet";
    this.#quietSinceMs = sight.nowMs;
    this.#restarts++;
    return "restart";
  }
}
