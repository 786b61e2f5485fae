import { ticksOf } from "./ticks.js";

/**
 * When a cron expression ticks next, from `fromMs` on and not after `endMs`: at most `limit` times in epoch ms.
 * Throws `InvalidArgumentError` for an expression or a zone that cannot be read.
 */
export function nextTicks(
  expression: string,
  range: {
    readonly timezone: string;
    readonly fromMs: number;
    readonly endMs?: number | undefined;
    readonly limit: number;
  },
): readonly number[] {
  const { timezone, fromMs, endMs, limit } = range;
  const ticks = ticksOf("", {
    ...{ cron: [expression], timezone, jitterMs: 0 },
    ...(endMs === undefined ? {} : { endAtMs: endMs }),
  });
  const times: number[] = [];
  for (let afterMs = fromMs - 1; times.length < limit;) {
    const tick = ticks.next(afterMs);
    if (tick === undefined) break;
    times.push(tick.atMs);
    afterMs = tick.atMs;
  }
  return times;
}
