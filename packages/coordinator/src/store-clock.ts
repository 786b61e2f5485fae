/**
 * The store's time, as far as its owner can tell without asking: the newest reply's, carried on by the process's
 * monotonic clock, unless the time stands still (in a test with virtual time).
 */
export class StoreClock {
  private offsetMs = 0;
  private latestMs = 0;

  constructor(private readonly standsStill: boolean) {}

  note(nowMs: number): void {
    // Two replies may cross, and no time passes by itself that would make up for the later one.
    this.latestMs = Math.max(this.latestMs, nowMs);
    this.offsetMs = nowMs - performance.now();
  }

  nowMs(): number {
    return this.standsStill ? this.latestMs : Math.floor(performance.now() + this.offsetMs);
  }

  /** How long to wait for that time; `undefined` when waiting does not bring it, because only a wake-up does. */
  msUntil(dueMs: number | undefined): number | undefined {
    if (dueMs === undefined || this.standsStill) return undefined;
    // One more, because the estimate may run a little ahead.
    return Math.max(0, dueMs - this.nowMs()) + 1;
  }
}
