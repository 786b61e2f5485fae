import type { BackfillOptions, ScheduleChanges, ScheduledWorkflow, ScheduleOptions } from "@heddle/core";
import { OVERLAP_POLICIES } from "@heddle/protocol";
import { z } from "zod";
import { timeoutFields } from "./run-times.js";
import { searchFields, searchOptionsOf } from "./search-fields.js";

const duration = z.union([z.number(), z.string()]);
const time = z.union([z.iso.datetime({ offset: true }), z.number()]);

const overlap = z
  .enum(OVERLAP_POLICIES)
  .optional()
  .describe("What happens to a start while a run of the schedule is open. Without it: skip");
const note = z.string().max(1_000).optional().describe("For people: why it is as it is");

const workflow = z
  .strictObject({
    type: z.string().describe("Workflow type: 1–64 UTF-8 bytes"),
    input: z.unknown().optional().describe("Input of each run; any JSON"),
    ...timeoutFields,
    ...searchFields,
  })
  .meta({ id: "ScheduledWorkflow" });

const cron = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .describe("Five fields, six that begin with seconds, or a name such as @daily; a list ticks when any does");
const interval = z
  .strictObject({ every: duration, offset: duration.optional() })
  .describe("Multiples of every since the epoch, moved by offset; at least a second. May stand beside cron");
const timezone = z.string().optional().describe("IANA name in which cron is read. Without it: UTC");
const jitter = duration.optional().describe("Starts each tick later by a part of this");
const startAt = time.describe("ISO 8601 with a zone, or epoch milliseconds: no tick before");
const endAt = time.describe("The same: no tick after");
const catchUpWindow = duration
  .optional()
  .describe("How late a tick may be started, at least 10 s. Without it: 365 days");
const remainingRuns = z.int().min(0).describe("So many ticks are started, then no more");

export const createBody = z
  .strictObject({
    id: z.string().describe("Schedule id: 1–200 UTF-8 bytes, kept as given"),
    workflow,
    cron,
    interval: interval.optional(),
    ...{ timezone, jitter, overlap, catchUpWindow, note },
    startAt: startAt.optional(),
    endAt: endAt.optional(),
    remainingRuns: remainingRuns.optional(),
    paused: z.boolean().optional().describe("Created without ticking until it is resumed"),
  })
  .meta({ id: "CreateSchedule" });

export const updateBody = z
  .strictObject({
    workflow: workflow.optional(),
    cron,
    interval: interval.nullish(),
    ...{ timezone, jitter, overlap, catchUpWindow },
    startAt: startAt.nullish(),
    endAt: endAt.nullish(),
    remainingRuns: remainingRuns.nullish(),
  })
  .describe("What is left out stays as it is; null takes it away")
  .meta({ id: "UpdateSchedule" });

export const noteBody = z.strictObject({ note }).meta({ id: "NoteOfSchedule" });
export const triggerBody = z.strictObject({ overlap }).meta({ id: "TriggerSchedule" });
export const backfillBody = z
  .strictObject({
    from: time.describe("Ticks from here to `to`, both included"),
    to: time.describe("Must have passed"),
    overlap,
  })
  .meta({ id: "BackfillSchedule" });

/** The same for the client, where times are dates. */
export function scheduleOptionsOf(body: z.infer<typeof createBody>): ScheduleOptions {
  const { workflow, startAt, endAt, ...options } = body;
  return {
    ...options,
    workflow: workflowOf(workflow),
    startAt: startAt === undefined ? undefined : dateOf(startAt),
    endAt: endAt === undefined ? undefined : dateOf(endAt),
  };
}

export function scheduleChangesOf(body: z.infer<typeof updateBody>): ScheduleChanges {
  const { workflow, startAt, endAt, ...changes } = body;
  return {
    ...changes,
    ...(workflow === undefined ? {} : { workflow: workflowOf(workflow) }),
    startAt: startAt === undefined || startAt === null ? startAt : dateOf(startAt),
    endAt: endAt === undefined || endAt === null ? endAt : dateOf(endAt),
  };
}

export function backfillOptionsOf({ from, to, overlap }: z.infer<typeof backfillBody>): BackfillOptions {
  return { from: dateOf(from), to: dateOf(to), overlap };
}

function workflowOf(fields: z.infer<typeof workflow>): ScheduledWorkflow {
  return { ...fields, ...searchOptionsOf(fields) };
}

function dateOf(given: string | number): Date | number {
  return typeof given === "string" ? new Date(given) : given;
}
