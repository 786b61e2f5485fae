import type { OverlapPolicy } from "@heddle/protocol";
import { withRequests } from "../schedule/schedule-step.js";
import { ticksOf } from "../schedule/ticks.js";
import type { StoredSchedule } from "../store/schedule-store.js";

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

/** As it is once its owner has taken what was asked of it. */
function viewOf(stored: StoredSchedule, times: number) {
  const { spec, progress } = withRequests(stored, stored.requests);
  const nextTimesMs: number[] = [];
  const ticks = ticksOf(stored.scheduleId, spec);
  const wanted = progress.paused ? 0 : Math.min(times, progress.remainingRuns ?? times);
  for (let afterMs = Math.max(progress.decidedUntilMs, stored.nowMs); nextTimesMs.length < wanted;) {
    const tick = ticks.next(afterMs);
    if (tick === undefined) break;
    nextTimesMs.push(tick.dueMs);
    afterMs = tick.atMs;
  }
  return { spec, progress, nextTimesMs };
}

export function summaryOf(stored: StoredSchedule): ScheduleSummary {
  const { spec, progress, nextTimesMs } = viewOf(stored, 1);
  return {
    id: stored.scheduleId,
    workflowType: spec.start.type,
    paused: progress.paused,
    note: progress.note,
    createdAtMs: stored.createdAtMs,
    updatedAtMs: stored.updatedAtMs,
    nextTimeMs: nextTimesMs[0],
  };
}

export function descriptionOf(
  stored: StoredSchedule,
  { times, running }: { readonly times: number; readonly running: readonly string[] },
): ScheduleDescription {
  const { spec, progress, nextTimesMs } = viewOf(stored, times);
  const { nextTimeMs: _next, ...summary } = summaryOf(stored);
  return {
    ...summary,
    cron: spec.cron,
    timezone: spec.timezone,
    interval: spec.interval,
    jitterMs: spec.jitterMs,
    overlap: spec.overlap,
    catchUpWindowMs: spec.catchUpWindowMs,
    startAtMs: spec.startAtMs,
    endAtMs: spec.endAtMs,
    remainingRuns: progress.remainingRuns,
    nextTimesMs,
    recentRuns: progress.recent.toReversed().map(({ atMs, ...run }) => ({ ...run, scheduledAtMs: atMs })),
    running,
    buffered: progress.buffered.length,
    counts: progress.counts,
  };
}
