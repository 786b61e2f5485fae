/** Lets a loop sleep until it is told that there is work, or until a time. A notice while it works is kept. */
export class WakeUp {
  private notified = false;
  private resume: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  notify(): void {
    this.notified = true;
    this.resume?.();
  }

  /** Wakes at the latest after `ms`. */
  at(ms: number | undefined): void {
    clearTimeout(this.timer);
    // setTimeout takes 31 bits; a longer wait is set again by the next renewal of the lease.
    if (ms !== undefined && ms < 0x7fff_ffff && !this.closed)
      this.timer = setTimeout(() => this.notify(), ms);
  }

  async wait(ms: number | undefined): Promise<void> {
    if (!this.notified) {
      this.at(ms);
      await new Promise<void>((resolve) => {
        this.resume = resolve;
      });
    }
    this.resume = undefined;
    this.notified = false;
    clearTimeout(this.timer);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }
}
