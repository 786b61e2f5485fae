const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 8_000;
/** Names come from workflows, so their number is not ours to trust. */
const MAX_NAMES = 1_000;

/**
 * How long a ticket stays away that this worker cannot run. Grows with each bounce of the name, so that a rolling
 * deployment costs a second and a forgotten activity does not keep the queue busy.
 */
export class UnknownActivities {
  readonly #bounces = new Map<string, number>();

  /** Delay in ms of the next return of a ticket for `name`; `random` in [0, 1) spreads it by a fifth. */
  nextDelayMs(name: string, random: number): number {
    if (this.#bounces.size >= MAX_NAMES) this.#bounces.clear();
    const bounces = this.#bounces.get(name) ?? 0;
    this.#bounces.set(name, bounces + 1);
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(bounces, 3));
    return Math.round(delay * (0.9 + 0.2 * random));
  }
}
