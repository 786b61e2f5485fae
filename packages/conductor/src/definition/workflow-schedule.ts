import { MAX_SCHEDULE_ID_BYTES } from "@heddle/protocol";
import { z } from "zod";
import { flag, jsonBean, requiredName, wholeNumber } from "./json-bean.js";
import { startWorkflowRequest } from "./start-workflow-request.js";

const cronExpression = requiredName("Cron expression");

/** A schedule as Conductor's clients save it. */
export const workflowSchedule = jsonBean({
  name: requiredName("Schedule name").refine(
    (name) => Buffer.byteLength(name) <= MAX_SCHEDULE_ID_BYTES,
    `Schedule name must have at most ${MAX_SCHEDULE_ID_BYTES} bytes`,
  ),
  description: z.string().optional(),
  /** Spring's six fields; five without seconds and names such as `@daily` as well. */
  cronExpression: cronExpression.optional(),
  /** Several; it ticks when any of them does. All are read in one zone. */
  cronSchedules: z.array(jsonBean({ cronExpression, zoneId: z.string().optional() })).default([]),
  /** IANA name in which the expressions are read. */
  zoneId: z.string().optional(),
  paused: flag.default(false),
  pausedReason: z.string().optional(),
  /** Starts that an outage prevented are made up for. */
  runCatchupScheduleInstances: flag.default(false),
  /** Epoch ms: no tick before, none after; 0 is none. */
  scheduleStartTime: wholeNumber(0).optional(),
  scheduleEndTime: wholeNumber(0).optional(),
  startWorkflowRequest,
  createdBy: z.string().optional(),
  updatedBy: z.string().optional(),
});

export type WorkflowSchedule = z.output<typeof workflowSchedule>;
