import type { Payload } from "@heddle/protocol";

/**
 * Offloaded values that the runs of a process used last, so many bytes in all. By run and not by workflow: a run that
 * continues another must not find what was left behind, because a replay would not.
 */
export class OffloadedValueCache {
  /** In the order of their last use. */
  private readonly kept = new Map<string, Payload>();
  private keptBytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(runId: string, valueId: string): Payload | undefined {
    const key = keyOf(runId, valueId);
    const payload = this.kept.get(key);
    if (payload === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, payload);
    return payload;
  }

  /** Only what a commit has stored: what is not durable may be decided again, and differently. */
  put(runId: string, valueId: string, payload: Payload): void {
    const key = keyOf(runId, valueId);
    if (this.kept.has(key) || payload.byteLength > this.maxBytes) return;
    this.kept.set(key, payload);
    this.keptBytes += payload.byteLength;
    for (const [oldest, { byteLength }] of this.kept) {
      if (this.keptBytes <= this.maxBytes) return;
      this.kept.delete(oldest);
      this.keptBytes -= byteLength;
    }
  }
}

function keyOf(runId: string, valueId: string): string {
  return `${runId} ${valueId}`;
}
