import { build } from "hdr-histogram-js";

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Runs `n` items with `inFlight` at once, each started when another ended; latency per item in ms. */
export async function closedLoop(options: {
  n: number;
  inFlight: number;
  run: (id: string) => Promise<unknown>;
}): Promise<Measured> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  let next = 0;
  const begin = performance.now();
  const lane = async (): Promise<void> => {
    while (next < options.n) {
      const id = `item-${begin.toFixed(0)}-${next++}`;
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
