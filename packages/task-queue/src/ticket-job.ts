import type { ActivityTicket } from "@heddle/core";
import { z } from "zod";

const ticketSchema: z.ZodType<ActivityTicket> = z.object({
  workflowId: z.string().min(1),
  runId: z.string().min(1),
  seq: z.number().int().nonnegative(),
  attempt: z.number().int().positive(),
  token: z.string().min(1),
});

/** Name that all jobs of Heddle carry in BullMQ. */
const TICKET_JOB_NAME = "activity";

/** A ticket as BullMQ's `addBulk` takes it. The job holds ids and the token; input and result never pass through it. */
export function jobOf(ticket: ActivityTicket) {
  const { workflowId, runId, seq, attempt, token } = ticket;
  return {
    name: TICKET_JOB_NAME,
    data: { workflowId, runId, seq, attempt, token },
    opts: {
      jobId: jobIdOf(ticket),
      // Attempts belong to the engine, and a finished job that stayed would turn away a later one of the same id.
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
    },
  };
}

/** Unique per dispatch, so the same ticket added twice is one job. Dots, because BullMQ gives ":" a meaning of its own. */
export function jobIdOf(ticket: ActivityTicket): string {
  return `${ticket.runId}.${ticket.seq}.${ticket.attempt}.${ticket.token}`;
}

/** The ticket in a job, or `undefined` when the job was not put there by Heddle. */
export function ticketOf(jobData: unknown): ActivityTicket | undefined {
  const parsed = ticketSchema.safeParse(jobData);
  return parsed.success ? parsed.data : undefined;
}
