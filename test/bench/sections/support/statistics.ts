/** The value below which that share of the values lies, by nearest rank. `NaN` of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The least-squares line through points: its height at `x`, and by how much it rises per unit of x. */
export function trend(points: readonly { readonly x: number; readonly y: number }[]) {
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const slope =
    spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return { slope, at: (x: number): number => meanY + slope * (x - meanX) };
}

/** Runs the calls one after the other and returns how long each took, in ms. */
export async function durationsMs(times: number, call: (nth: number) => Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  for (let nth = 0; nth < times; nth++) durations.push(await durationMs(() => call(nth)));
  return durations;
}

export async function durationMs(call: () => Promise<unknown>): Promise<number> {
  const begunAtMs = performance.now();
  await call();
  return performance.now() - begunAtMs;
}
