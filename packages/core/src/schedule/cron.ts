import { CronExpressionParser } from "cron-parser";
import { InvalidArgumentError } from "@heddle/protocol";
import { timeZone, type TimeZone } from "./time-zone.js";

/** Clocks are set by an hour at most where schedules still run; Antarctica's stations once took two. */
const CLOCK_CHANGE_MS = 3 * 3_600_000;

/** Finds the ticks of one kind: epoch ms, strictly later than what it is asked with; `undefined` when there is none. */
export type NextTick = (afterMs: number) => number | undefined;

/**
 * Ticks of a cron expression in a zone. An expression of certain hours ticks once for each of its wall times: one that
 * clocks skip comes later by as much as they are set forward, one that they show twice comes the first time. An
 * expression of every hour follows the wall clock as it runs.
 * Throws `InvalidArgumentError` for what is no cron expression or never ticks.
 */
export function cronTicks(expression: string, timezone: string): NextTick {
  const wall = wallTimes(expression);
  return nextInZone(timeZone(timezone), wall);
}

interface WallTimes {
  /** The next wall time that the expression names, strictly later. */
  readonly next: NextTick;
  readonly isEveryHour: boolean;
}

/** The library counts in UTC, where no clock is ever set: what clock changes mean is decided here. */
function wallTimes(expression: string): WallTimes {
  try {
    // The library would fill in fields that are left out.
    const fields = expression.trim().split(/\s+/).length;
    if (!/^@\w+$/.test(expression) && fields !== 5 && fields !== 6)
      throw new Error(`it has ${fields} fields`);
    const parsed = parse(expression);
    const next: NextTick = (afterMs) => {
      parsed.reset(new Date(afterMs));
      try {
        return parsed.next().getTime();
      } catch {
        return undefined; // it names no time within the library's reach of some years
      }
    };
    if (next(Date.UTC(2024, 0)) === undefined) throw new Error("it names no time that exists");
    return { next, isEveryHour: parsed.fields.hour.values.length === 24 };
  } catch (cause) {
    const wrong = wrongField(expression);
    const where = wrong === undefined ? "" : `field ${wrong.position} (${wrong.name}) is "${wrong.text}", `;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(
      `cron ${JSON.stringify(expression.slice(0, 80))} is not valid: ${where}${reason}; give five fields (minute, hour, day, month, ` +
        `weekday) such as "30 2 * * *", or six that begin with seconds`,
      { details: { field: "cron", position: wrong?.position } },
    );
  }
}

function parse(expression: string) {
  // "H" would pick a value at random.
  if (/(^|[\s,])H/.test(expression)) throw new Error("H is not supported");
  return CronExpressionParser.parse(expression, { tz: "UTC" });
}

const FIELDS = ["second", "minute", "hour", "day", "month", "weekday"];

/** The first field that is wrong by itself; `undefined` when they do not belong together, or are too many or few. */
function wrongField(expression: string) {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return undefined;
  const index = fields.findIndex((_field, at) => {
    try {
      parse(fields.map((field, each) => (each === at ? field : "*")).join(" "));
      return false;
    } catch {
      return true;
    }
  });
  if (index < 0) return undefined;
  return { position: index + 1, name: FIELDS.at(index - fields.length), text: fields[index]?.slice(0, 40) };
}

function nextInZone(zone: TimeZone, wall: WallTimes): NextTick {
  const instantsOf = (wallMs: number): readonly number[] => {
    const instants = zone.instantsOf(wallMs);
    if (wall.isEveryHour) return instants;
    return [instants[0] ?? zone.skippedInstant(wallMs)];
  };
  return (afterMs) => {
    const offsetMs = zone.offsetAt(afterMs);
    const wallMs = wall.next(afterMs + offsetMs);
    if (wallMs === undefined) return undefined;
    const guess = wallMs - offsetMs;
    const around = [afterMs, guess].flatMap((at) => [at - CLOCK_CHANGE_MS, at + CLOCK_CHANGE_MS]);
    const offsets = [offsetMs, ...around.map((instant) => zone.offsetAt(instant))];
    const least = Math.min(...offsets);
    const greatest = Math.max(...offsets);
    if (least === greatest) return guess;
    // Clocks are set nearby: wall times and instants need not have the same order.
    let earliest: number | undefined;
    for (let at = wall.next(afterMs + least - 1); at !== undefined; at = wall.next(at)) {
      if (earliest !== undefined && at - greatest > earliest) break;
      for (const instant of instantsOf(at)) {
        if (instant > afterMs && (earliest === undefined || instant < earliest)) earliest = instant;
      }
    }
    return earliest;
  };
}
