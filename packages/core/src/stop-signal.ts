/**
 * Tells, once, that something shall stop, and why. What an `AbortSignal` does, for the hot path: making one of those
 * and listening to it costs some 5 µs, and every activity attempt needs several that almost never fire.
 */
export class StopSignal {
  #reason: Error | undefined;
  #listeners: Set<(reason: Error) => void> | undefined;

  /** Why, once it was raised. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** The first reason counts; raising it again does nothing. */
  raise(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Called when it is raised, at once when it was. Returns how to stop listening. */
  onRaised(listener: (reason: Error) => void): () => void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return () => undefined;
    }
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  throwIfRaised(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
