import { build } from "hdr-histogram-js";

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoopOptions {
  readonly n: number;
  /** With `n` it is a blast: everything at once. */
  readonly inFlight: number;
  /** Names the items: `prefix-0`, `prefix-1`, … Default: one that no other loop has. */
  readonly prefix?: string;
  readonly run: (id: string) => Promise<unknown>;
}

/** Runs `n` items with `inFlight` at once, each started when another ended; latency per item in ms. */
export async function closedLoop(options: LoopOptions): Promise<Measured> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  let next = 0;
  const begin = performance.now();
  const prefix = options.prefix ?? uniquePrefix();
  const lane = async (): Promise<void> => {
    while (next < options.n) {
      const id = `${prefix}-${next++}`;
      const start = performance.now();
      await options.run(id);
      histogram.recordValue(Math.round((performance.now() - start) * 1_000));
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, lane));
  const seconds = (performance.now() - begin) / 1_000;
  return {
    perSecond: Math.round(options.n / seconds),
    p50Ms: histogram.getValueAtPercentile(50) / 1_000,
    p99Ms: histogram.getValueAtPercentile(99) / 1_000,
  };
}

let loops = 0;

/** Ids of one loop must not meet those of another: a workflow that exists is not started again. */
export function uniquePrefix(): string {
  return `item-${process.pid}-${++loops}`;
}
