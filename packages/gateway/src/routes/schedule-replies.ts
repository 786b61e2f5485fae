import type { ScheduleDescription, SchedulePage, ScheduleSummary } from "@heddle/core";
import { OVERLAP_POLICIES } from "@heddle/protocol";
import { z } from "zod";
import { runId, workflowId } from "./replies.js";

const time = z.iso.datetime();
const scheduleId = z.string().describe("Schedule id");

const about = {
  id: scheduleId,
  workflowType: z.string().describe("Type of the workflow that it starts"),
  paused: z.boolean(),
  note: z.string().optional(),
  createdAt: time,
  updatedAt: time,
};

const summary = z
  .object({
    ...about,
    nextTime: time
      .optional()
      .describe("When the next tick starts; absent while it is paused or has none any more"),
  })
  .meta({ id: "ScheduleSummary" });

export const schedulePage = z
  .object({
    items: z.array(summary),
    cursor: z.string().optional().describe("Continues behind the last item; absent on the last page"),
  })
  .meta({ id: "SchedulePage" });

const ms = z.int();
const recentRun = z.object({
  workflowId,
  runId,
  scheduledAt: time.describe("The tick, or the moment of the trigger"),
  startedAt: time,
});

export const scheduleDescription = z
  .object({
    ...about,
    cron: z.array(z.string()),
    timezone: z.string(),
    interval: z.object({ everyMs: ms, offsetMs: ms }).optional(),
    jitterMs: ms,
    overlap: z.enum(OVERLAP_POLICIES),
    catchUpWindowMs: ms,
    startAt: time.optional(),
    endAt: time.optional(),
    remainingRuns: z.int().optional(),
    nextTimes: z.array(time).describe("When the next ticks start, jitter included"),
    recentRuns: z.array(recentRun).describe("The last runs that it started, newest first, at most 20"),
    running: z.array(workflowId).describe("Workflows of it that are open now"),
    buffered: z.int().describe("Starts that wait for the end of a run"),
    counts: z.object({
      started: z.int(),
      skipped: z.int().describe("Not started because a run was open"),
      missed: z.int().describe("Not started because it was too late: outside the catch-up window"),
      dropped: z.int().describe("Not started because 1,000 were buffered"),
      refused: z.int().describe("Not started because another open workflow has the id"),
    }),
  })
  .meta({ id: "ScheduleDescription" });

export const scheduleAcknowledgement = z.object({ id: scheduleId }).meta({ id: "ScheduleAcknowledgement" });
export const triggerAcknowledgement = z
  .object({
    id: scheduleId,
    workflowId: workflowId.describe("Id that the run gets, if the overlap policy lets it"),
  })
  .meta({ id: "TriggerAcknowledgement" });

export function pageReply({ items, cursor }: SchedulePage): z.infer<typeof schedulePage> {
  return {
    items: items.map(({ nextTimeMs, ...schedule }) => ({
      ...aboutReply(schedule),
      nextTime: isoTime(nextTimeMs),
    })),
    cursor,
  };
}

export function descriptionReply(schedule: ScheduleDescription): z.infer<typeof scheduleDescription> {
  const { cron, startAtMs, endAtMs, nextTimesMs, recentRuns, running, ...rest } = schedule;
  return {
    ...rest,
    ...aboutReply(schedule),
    cron: [...cron],
    startAt: isoTime(startAtMs),
    endAt: isoTime(endAtMs),
    nextTimes: nextTimesMs.map((ms) => new Date(ms).toISOString()),
    recentRuns: recentRuns.map(({ scheduledAtMs, startedAtMs, ...run }) => ({
      ...run,
      scheduledAt: new Date(scheduledAtMs).toISOString(),
      startedAt: new Date(startedAtMs).toISOString(),
    })),
    running: [...running],
  };
}

function aboutReply(schedule: Omit<ScheduleSummary, "nextTimeMs">) {
  return {
    id: schedule.id,
    workflowType: schedule.workflowType,
    paused: schedule.paused,
    note: schedule.note,
    createdAt: new Date(schedule.createdAtMs).toISOString(),
    updatedAt: new Date(schedule.updatedAtMs).toISOString(),
  };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
