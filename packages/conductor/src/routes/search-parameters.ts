import { z } from "zod";
import { wholeNumber } from "../definition/json-bean.js";

/** What every search takes; `skipCache` and whatever else clients send is ignored. `most` is the largest page. */
export function searchParameters(most: number) {
  return z.object({
    query: z
      .string()
      .optional()
      .describe("Conditions joined by AND, such as status IN (FAILED) AND startTime>1"),
    freeText: z.string().optional().describe("Words that all must be found; * is anything"),
    sort: z.string().optional().describe("startTime:DESC, several joined by |"),
    start: wholeNumber(0).default(0).meta({ type: "integer", minimum: 0, default: 0 }),
    size: wholeNumber(0)
      .refine((size) => size <= most, `size must be 0 to ${most}`)
      .default(100)
      .meta({ type: "integer", minimum: 0, maximum: most, default: 100 }),
  });
}

/** Of a page of summaries. */
export const MAX_SUMMARIES = 5_000;
/** Of a page of whole executions or tasks, each of which has to be rebuilt. */
export const MAX_WHOLE = 1_000;
