const TICK_MS = 10;

/** Begins items at a fixed rate, however long they take. */
export class OpenLoop {
  done = 0;
  /** Items that were not begun because too many were under way: the rate was more than the system can do. */
  skipped = 0;
  private readonly underWay = new Set<Promise<void>>();
  private readonly failures: unknown[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: {
      readonly perSecond: number;
      readonly mostInFlight: number;
      run(): Promise<void>;
    },
  ) {}

  get inFlight(): number {
    return this.underWay.size;
  }

  begin(): void {
    const { perSecond, mostInFlight } = this.options;
    const begunAtMs = performance.now();
    let due = 0;
    this.timer = setInterval(() => {
      // By the clock and not by ticks: a late tick makes up for those that it replaced.
      const wanted = Math.floor(((performance.now() - begunAtMs) * perSecond) / 1_000);
      for (; due < wanted; due++) {
        if (this.underWay.size < mostInFlight) this.beginOne();
        else this.skipped++;
      }
    }, TICK_MS);
  }

  /** Resolves when nothing is under way any more; rejects when an item failed. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.underWay);
    if (this.failures.length > 0) {
      throw new AggregateError(this.failures.slice(0, 10), `${this.failures.length} items failed`);
    }
  }

  private beginOne(): void {
    const item = this.options
      .run()
      .then(() => {
        this.done++;
      })
      .catch((error: unknown) => void this.failures.push(error))
      .finally(() => this.underWay.delete(item));
    this.underWay.add(item);
  }
}
