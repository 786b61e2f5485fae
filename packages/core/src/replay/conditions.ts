/** Looks whether a wait can go on, and lets it; false when it goes on waiting. */
export type Look = () => boolean;

/** The waits of a run for a condition of its own state, in the order in which they began. */
export class Conditions {
  /** Absent until something waits: most code never does. */
  private waiting: Set<Look> | undefined;

  /** Returns how to give up. */
  add(look: Look): () => void {
    const waiting = (this.waiting ??= new Set());
    waiting.add(look);
    return () => waiting.delete(look);
  }

  /**
   * Lets the oldest wait go on whose condition is met, and only that: the code behind it may undo what a later one
   * waits for. False when all go on waiting.
   */
  release(): boolean {
    for (const look of this.waiting ?? []) {
      if (!look()) continue;
      this.waiting?.delete(look);
      return true;
    }
    return false;
  }

  clear(): void {
    this.waiting = undefined;
  }
}
