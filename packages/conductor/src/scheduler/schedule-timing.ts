// When a Conductor schedule ticks.
import { nextTicks } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import type { ScheduledStart } from "./scheduled-start.js";

/** A tick that comes later than this is left out, unless the schedule is to catch up: a takeover takes seconds. */
const ON_TIME_MS = 60_000;
const CATCH_UP_MS = 365 * 24 * 3_600_000;

export interface NextRunsRequest {
  readonly cronExpression: string;
  readonly zoneId?: string | undefined;
  readonly scheduleStartTime?: number | undefined;
  readonly scheduleEndTime?: number | undefined;
  readonly limit: number;
}

/** When an expression ticks next. Throws `InvalidArgumentError` for one that cannot be read. */
export function nextRuns({
  cronExpression,
  zoneId = "UTC",
  scheduleStartTime = 0,
  scheduleEndTime = 0,
  limit,
}: NextRunsRequest): readonly number[] {
  return nextTicks(cronExpression, {
    ...{ timezone: zoneId, fromMs: Math.max(Date.now(), scheduleStartTime), limit },
    ...(scheduleEndTime === 0 ? {} : { endMs: scheduleEndTime }),
  });
}

/** As Heddle's schedules take it. Throws `InvalidArgumentError` naming the field. */
export function timingOf(schedule: ScheduledStart["schedule"]) {
  const { cronExpression, cronSchedules, zoneId, scheduleStartTime = 0, scheduleEndTime = 0 } = schedule;
  const listed = cronSchedules.map((each) => each.cronExpression);
  const cron = listed.length > 0 || cronExpression === undefined ? listed : [cronExpression];
  if (cron.length === 0) {
    throw new InvalidArgumentError("cronExpression is missing; give it, or cronSchedules", {
      details: { field: "cronExpression" },
    });
  }
  const zones = new Set([zoneId, ...cronSchedules.map((each) => each.zoneId)].filter(isGiven));
  if (zones.size > 1) {
    throw new InvalidArgumentError(
      `cronSchedules are of several zones (${[...zones].join(", ")}); make a schedule for each zone`,
      { details: { field: "cronSchedules" } },
    );
  }
  const [timezone = "UTC"] = zones;
  return {
    ...{ cron, timezone },
    catchUpWindow: schedule.runCatchupScheduleInstances ? CATCH_UP_MS : ON_TIME_MS,
    ...(scheduleStartTime === 0 ? {} : { startAt: scheduleStartTime }),
    ...(scheduleEndTime === 0 ? {} : { endAt: scheduleEndTime }),
  };
}

export function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}
