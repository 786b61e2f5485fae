import type { ScheduleSpec } from "@heddle/protocol";
import { SeededRandom } from "../replay/seeded-random.js";
import { cronTicks, type NextTick } from "./cron.js";

interface Tick {
  /** When the specification says; names the run. */
  readonly atMs: number;
  /** When it is started: later by its jitter. */
  readonly dueMs: number;
}

/** The ticks of a schedule, from its specification and its id alone. */
export interface Ticks {
  /** The earliest tick strictly later; `undefined` when there is none any more. */
  next(afterMs: number): Tick | undefined;
}

type Timing = Pick<ScheduleSpec, "cron" | "timezone" | "interval" | "jitterMs" | "startAtMs" | "endAtMs">;

/** Throws `InvalidArgumentError` for a cron expression or zone that cannot be read. */
export function ticksOf(scheduleId: string, spec: Timing): Ticks {
  const kinds = spec.cron.map((expression) => cronTicks(expression, spec.timezone));
  if (spec.interval !== undefined) kinds.push(intervalTicks(spec.interval));
  const nextOfAny: NextTick = (afterMs) => earliest(kinds.map((next) => next(afterMs)));
  const next: NextTick = (afterMs) => {
    const atMs = nextOfAny(Math.max(afterMs, (spec.startAtMs ?? afterMs + 1) - 1));
    return atMs === undefined || atMs > (spec.endAtMs ?? atMs) ? undefined : atMs;
  };
  const delayMs = (atMs: number): number => {
    if (spec.jitterMs === 0) return 0;
    // Below the gap to the next tick, so that ticks are due in their order.
    const roomMs = Math.min(spec.jitterMs, (nextOfAny(atMs) ?? Number.POSITIVE_INFINITY) - atMs);
    return Math.floor(new SeededRandom(`${scheduleId} ${atMs}`).next() * roomMs);
  };
  return {
    next: (afterMs) => {
      const atMs = next(afterMs);
      return atMs === undefined ? undefined : { atMs, dueMs: atMs + delayMs(atMs) };
    },
  };
}

/** Multiples of `everyMs` since the epoch, moved by `offsetMs`. */
function intervalTicks({ everyMs, offsetMs }: { everyMs: number; offsetMs: number }): NextTick {
  return (afterMs) => (Math.floor((afterMs - offsetMs) / everyMs) + 1) * everyMs + offsetMs;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
