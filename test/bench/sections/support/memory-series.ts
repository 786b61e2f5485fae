import type { Installation } from "./installation.js";
import type { OpenLoop } from "./open-loop.js";
import { memoryUsage, type MemoryUsage } from "./memory-usage.js";
import { trend } from "./statistics.js";

/** Share of the time that counts as warm-up: caches fill, code is compiled, the first runs reach their retention. */
const WARM_UP = 0.2;
const FLAT_BELOW = 0.05;
const MIB = 1024 * 1024;

export interface MemoryVerdict {
  readonly what: string;
  readonly flat: boolean;
  /** Of the line through the samples after the warm-up, at its two ends. */
  readonly startMiB: number;
  readonly endMiB: number;
  readonly slopeMiBPerHour: number;
  /** Of all samples after the warm-up. */
  readonly maxMiB: number;
  /** Relative to the start of the line. */
  readonly risePercent: number;
  readonly samples: number;
}

/** Memory of each process and of Redis over time. */
export class MemorySeries {
  private readonly begunAtMs = performance.now();
  private readonly samples: { readonly atMs: number; readonly bytes: Readonly<Record<string, number>> }[] =
    [];

  constructor(private readonly installation: Installation) {}

  /** Looks at everything once; returns the sample as a line of text. */
  async sample(load: OpenLoop): Promise<string> {
    const bytes: Record<string, number> = {};
    const note = (who: string, usage: MemoryUsage): void => {
      bytes[`${who} heap`] = usage.heapBytes;
      bytes[`${who} resident`] = usage.residentBytes;
    };
    // One after the other: a pause of one process must not fall into the sample of the next.
    for (const part of this.installation.parts) note(part.role, await this.installation.memoryOf(part));
    note("client", memoryUsage());
    const { usedBytes, keys } = await this.installation.servers.figures();
    bytes["redis used_memory"] = usedBytes;
    const atMs = performance.now() - this.begunAtMs;
    this.samples.push({ atMs, bytes });
    const memory = Object.entries(bytes).map(([what, size]) => `${what} ${(size / MIB).toFixed(1)}`);
    return (
      `${(atMs / 1_000).toFixed(0)} s: ${load.done} items, ${load.inFlight} in flight, ${keys} keys; ` +
      `MiB: ${memory.join(", ")}`
    );
  }

  verdicts(): MemoryVerdict[] {
    const lastsMs = this.samples.at(-1)?.atMs ?? 0;
    const counted = this.samples.filter(({ atMs }) => atMs >= lastsMs * WARM_UP);
    const [first, last] = [counted[0], counted.at(-1)];
    if (first === undefined || last === undefined) return [];
    return Object.keys(first.bytes).map((what) => {
      const points = counted.map(({ atMs, bytes }) => ({
        x: atMs / 3_600_000,
        y: (bytes[what] ?? Number.NaN) / MIB,
      }));
      const line = trend(points);
      const [startMiB, endMiB] = [line.at(first.atMs / 3_600_000), line.at(last.atMs / 3_600_000)];
      const rise = (endMiB - startMiB) / startMiB;
      return {
        ...{ what, flat: rise < FLAT_BELOW, samples: counted.length },
        ...{
          startMiB: startMiB,
          endMiB: endMiB,
          risePercent: rise * 100,
        },
        slopeMiBPerHour: line.slope,
        maxMiB: Math.max(...points.map(({ y }) => y)),
      };
    });
  }
}
