import type { ScheduledStart, ScheduleProgress, ScheduleSpec } from "@heddle/protocol";
import type { StartRequest } from "../store/accepting-store.js";
import type { ScheduleRef } from "../store/schedule-store.js";
import { MAX_RECENT } from "./limits.js";

/** `nightly-2026-03-29T01:30:00Z`; milliseconds only where there are some. */
export function scheduledWorkflowId(scheduleId: string, atMs: number): string {
  return `${scheduleId}-${new Date(atMs).toISOString().replace(".000Z", "Z")}`;
}

/** How a start is performed: the same request from whoever does it, so that repeating it does nothing. */
export function startRequestOf(
  schedule: ScheduleRef & { readonly spec: ScheduleSpec },
  { number, atMs }: ScheduledStart,
): StartRequest {
  const { scheduleId, incarnation } = schedule;
  return {
    // As `ScheduleClient` made it of a start request.
    ...(schedule.spec.start as Pick<StartRequest, "type" | "input">),
    workflowId: scheduledWorkflowId(scheduleId, atMs),
    runId: `${incarnation}-${number}`,
    onOpen: "fail",
    onClosed: "allow",
    scheduled: { incarnation, number },
  };
}

/** What became of a start: `refused` when an open run that is none of the schedule's has the workflow id. */
export interface PerformedStart {
  readonly start: ScheduledStart;
  readonly run: { readonly workflowId: string; readonly runId: string };
  readonly outcome: "started" | "refused";
}

/** The progress after everything that it had decided was performed. */
export function withPerformed(
  progress: ScheduleProgress,
  performed: readonly PerformedStart[],
  nowMs: number,
): ScheduleProgress {
  const started = performed.filter(({ outcome }) => outcome === "started");
  const tracked = started.filter(({ start }) => start.overlap !== "allow-all");
  const recent = started.map(({ start, run }) => ({ ...run, atMs: start.atMs, startedAtMs: nowMs }));
  const { counts } = progress;
  return {
    ...progress,
    starting: [],
    ending: [],
    running: [...progress.running, ...tracked.map(({ run }) => run)],
    recent: [...progress.recent, ...recent].slice(-MAX_RECENT),
    counts: {
      ...counts,
      started: counts.started + started.length,
      refused: counts.refused + performed.length - started.length,
    },
  };
}
