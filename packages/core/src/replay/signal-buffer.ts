/** Signals of a run that no wait has consumed, and waits that no signal has met: FIFO per name, one to one. */
export class SignalBuffer {
  private readonly arrived = new Map<string, Uint8Array[]>();
  private readonly waits = new Map<string, Set<(payload: Uint8Array) => void>>();

  deliver(name: string, payload: Uint8Array): void {
    const waits = this.waits.get(name);
    const first = waits?.values().next().value;
    if (waits === undefined || first === undefined) {
      push(this.arrived, name, payload);
      return;
    }
    waits.delete(first);
    first(payload);
  }

  /** Whether there is a signal that nobody has consumed. */
  has(name: string): boolean {
    return (this.arrived.get(name)?.length ?? 0) > 0;
  }

  /** Consumes the oldest signal; `undefined` when there is none. */
  takeOldest(name: string): Uint8Array | undefined {
    return this.arrived.get(name)?.shift();
  }

  /** Consumes the oldest signal at once, or the next to come; returns how to give up the claim. */
  take(name: string, consume: (payload: Uint8Array) => void): () => void {
    const oldest = this.takeOldest(name);
    if (oldest !== undefined) {
      consume(oldest);
      return () => undefined;
    }
    const waits = this.waits.get(name) ?? new Set();
    this.waits.set(name, waits);
    waits.add(consume);
    return () => waits.delete(consume);
  }
}

function push(map: Map<string, Uint8Array[]>, name: string, payload: Uint8Array): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [payload]);
  else list.push(payload);
}
