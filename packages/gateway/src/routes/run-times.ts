import { z } from "zod";

const duration = z.union([z.number(), z.string()]);

/** Body fields that limit a run; checked by the client, which names what is wrong. */
export const timeoutFields = {
  executionTimeout: duration
    .optional()
    .describe(
      'Milliseconds or text such as "1h30m", from the start. Then the workflow is closed as timed-out',
    ),
  runTimeout: duration.optional().describe("The same for one run of the workflow; the earlier counts"),
} as const;

/** Body fields that delay a run. */
export const delayFields = {
  startAfter: duration
    .optional()
    .describe(
      'Milliseconds or text such as "2 days": the run is accepted now and starts then. Excludes startAt',
    ),
  startAt: z
    .union([z.iso.datetime({ offset: true }), z.number()])
    .optional()
    .describe("ISO 8601 with a zone, or epoch milliseconds. A time that has passed means at once"),
} as const;

/** A date, for the client, of what JSON has instead of one. */
export function startTime(startAt: string | number | undefined): Date | number | undefined {
  return typeof startAt === "string" ? new Date(startAt) : startAt;
}
