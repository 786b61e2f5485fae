import type { OverlapPolicy } from "@heddle/protocol";
import type { ReplyBody } from "./http/reply-body.js";

/** Times are epoch ms of the Redis clock. */
export interface ScheduleSummary {
  readonly id: string;
  /** Type of the workflow that it starts. */
  readonly workflowType: string;
  readonly paused: boolean;
  readonly note: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** When the next tick starts; `undefined` while it is paused or has none any more. */
  readonly nextTimeMs: number | undefined;
}

/** In the order of their ids. `cursor` continues behind them; `undefined` at the end. */
export interface SchedulePage {
  readonly items: readonly ScheduleSummary[];
  readonly cursor: string | undefined;
}

export interface ScheduledRunSummary {
  readonly workflowId: string;
  readonly runId: string;
  /** The tick, or the moment of the trigger. */
  readonly scheduledAtMs: number;
  readonly startedAtMs: number;
}

export interface ScheduleDescription extends Omit<ScheduleSummary, "nextTimeMs"> {
  readonly cron: readonly string[];
  readonly timezone: string;
  readonly interval: { readonly everyMs: number; readonly offsetMs: number } | undefined;
  readonly jitterMs: number;
  readonly overlap: OverlapPolicy;
  readonly catchUpWindowMs: number;
  readonly startAtMs: number | undefined;
  readonly endAtMs: number | undefined;
  readonly remainingRuns: number | undefined;
  /** When the next ticks start, jitter included. */
  readonly nextTimesMs: readonly number[];
  /** The last runs that it started, newest first, at most 20. */
  readonly recentRuns: readonly ScheduledRunSummary[];
  /** Workflow ids of open runs: those that others wait for, and those among the recent ones. */
  readonly running: readonly string[];
  /** Starts that wait for the end of a run. */
  readonly buffered: number;
  readonly counts: {
    readonly started: number;
    /** Not started because a run was open. */
    readonly skipped: number;
    /** Not started because it was too late: outside the catch-up window. */
    readonly missed: number;
    /** Not started because 1,000 were buffered. */
    readonly dropped: number;
    /** Not started because another open workflow has the id. */
    readonly refused: number;
  };
}

export function schedulePageFrom(page: ReplyBody): SchedulePage {
  return {
    items: page.list("items").map((schedule) => ({
      ...aboutFrom(schedule),
      nextTimeMs: schedule.optionalDate("nextTime")?.getTime(),
    })),
    cursor: page.optionalText("cursor"),
  };
}

export function scheduleFrom(schedule: ReplyBody): ScheduleDescription {
  const counts = schedule.object("counts");
  const interval = schedule.get("interval") === undefined ? undefined : schedule.object("interval");
  return {
    ...aboutFrom(schedule),
    cron: schedule.texts("cron"),
    timezone: schedule.text("timezone"),
    interval: interval && { everyMs: interval.whole("everyMs"), offsetMs: interval.whole("offsetMs") },
    jitterMs: schedule.whole("jitterMs"),
    // A later gateway may know more policies.
    overlap: schedule.text("overlap") as OverlapPolicy,
    catchUpWindowMs: schedule.whole("catchUpWindowMs"),
    startAtMs: schedule.optionalDate("startAt")?.getTime(),
    endAtMs: schedule.optionalDate("endAt")?.getTime(),
    remainingRuns: schedule.get("remainingRuns") === undefined ? undefined : schedule.whole("remainingRuns"),
    nextTimesMs: schedule.texts("nextTimes").map((time) => Date.parse(time)),
    recentRuns: schedule.list("recentRuns").map((run) => ({
      workflowId: run.text("workflowId"),
      runId: run.text("runId"),
      scheduledAtMs: run.date("scheduledAt").getTime(),
      startedAtMs: run.date("startedAt").getTime(),
    })),
    running: schedule.texts("running"),
    buffered: schedule.whole("buffered"),
    counts: {
      started: counts.whole("started"),
      skipped: counts.whole("skipped"),
      missed: counts.whole("missed"),
      dropped: counts.whole("dropped"),
      refused: counts.whole("refused"),
    },
  };
}

function aboutFrom(schedule: ReplyBody): Omit<ScheduleSummary, "nextTimeMs"> {
  return {
    id: schedule.text("id"),
    workflowType: schedule.text("workflowType"),
    paused: schedule.flag("paused"),
    note: schedule.optionalText("note"),
    createdAtMs: schedule.date("createdAt").getTime(),
    updatedAtMs: schedule.date("updatedAt").getTime(),
  };
}
