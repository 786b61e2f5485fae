import { durationMs, InvalidArgumentError, type Duration } from "@heddle/protocol";
import type { DelayOptions, RunTimeoutOptions } from "@heddle/workflow";
import type { RunTimes } from "../store/run-times.js";

/**
 * Checked, in ms; `undefined` when nothing is asked for. Throws `InvalidArgumentError` for what is no duration or
 * date, for a timeout of 0, and for two delays.
 */
export function runTimesOf(options: RunTimeoutOptions & DelayOptions): RunTimes | undefined {
  const { executionTimeout, runTimeout, startAfter, startAt } = options;
  const given = [executionTimeout, runTimeout, startAfter, startAt];
  if (given.every((time) => time === undefined)) return undefined;
  if (startAfter !== undefined && startAt !== undefined) {
    throw new InvalidArgumentError("startAfter and startAt are given together; give one", {
      details: { field: "startAt" },
    });
  }
  return {
    ...(executionTimeout === undefined
      ? {}
      : { executionTimeoutMs: timeoutMs("executionTimeout", executionTimeout) }),
    ...(runTimeout === undefined ? {} : { runTimeoutMs: timeoutMs("runTimeout", runTimeout) }),
    ...(startAfter === undefined ? {} : { startAfterMs: durationMs(startAfter, "startAfter") }),
    ...(startAt === undefined ? {} : { startAtMs: startTimeMs(startAt) }),
  };
}

function timeoutMs(field: string, duration: Duration): number {
  const ms = durationMs(duration, field);
  if (ms > 0) return ms;
  throw new InvalidArgumentError(`${field} is 0; give a longer time, or leave it out for no limit`, {
    details: { field },
  });
}

/** A deadline lies at most 100 years behind the start, and dates are written with years of four digits. */
const START_BEFORE_MS = Date.UTC(9_900, 0);

function startTimeMs(startAt: unknown): number {
  const ms = startAt instanceof Date ? startAt.getTime() : startAt;
  if (typeof ms !== "number" || !Number.isFinite(ms) || ms >= START_BEFORE_MS) {
    throw new InvalidArgumentError(
      `startAt is ${String(startAt)}; give a Date or epoch milliseconds, before the year 9900`,
      { details: { field: "startAt" } },
    );
  }
  // Rounded up, so that the run is never early; a time before 1970 has passed like any other.
  return Math.max(0, Math.ceil(ms));
}
