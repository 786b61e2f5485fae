import { z } from "zod";

export const lastEventIdHeader = z.looseObject({
  "last-event-id": z
    .string()
    .max(15_000)
    .optional()
    .describe("`id` of the last event that was taken; the stream goes on behind it"),
});
