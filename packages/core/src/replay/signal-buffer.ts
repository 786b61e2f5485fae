/** A signal that was accepted and that no wait has consumed. */
export interface UnconsumedSignal {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly signalId?: string | undefined;
}

/** Signals of a run that no wait has consumed, and waits that no signal has met: FIFO per name, one to one. */
export class SignalBuffer {
  /** In the order of arrival, over all names. */
  private readonly arrived = new Set<UnconsumedSignal>();
  private readonly arrivedByName = new Map<string, UnconsumedSignal[]>();
  private readonly waits = new Map<string, Set<(payload: Uint8Array) => void>>();

  get unconsumed(): readonly UnconsumedSignal[] {
    return [...this.arrived];
  }

  deliver(signal: UnconsumedSignal): void {
    const { name } = signal;
    const waits = this.waits.get(name);
    const first = waits?.values().next().value;
    if (waits !== undefined && first !== undefined) {
      waits.delete(first);
      first(signal.payload);
      return;
    }
    this.arrived.add(signal);
    const list = this.arrivedByName.get(name);
    if (list === undefined) this.arrivedByName.set(name, [signal]);
    else list.push(signal);
  }

  /** Consumes the oldest signal at once, or the next to come; returns how to give up the claim. */
  take(name: string, consume: (payload: Uint8Array) => void): () => void {
    const oldest = this.arrivedByName.get(name)?.shift();
    if (oldest !== undefined) {
      this.arrived.delete(oldest);
      consume(oldest.payload);
      return () => undefined;
    }
    const waits = this.waits.get(name) ?? new Set();
    this.waits.set(name, waits);
    waits.add(consume);
    return () => waits.delete(consume);
  }

  /** The code has ended: what arrives from now on is nobody's. */
  abandonWaits(): void {
    this.waits.clear();
  }
}
