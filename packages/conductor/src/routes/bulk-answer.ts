import { HeddleError } from "@heddle/protocol";
import { z } from "zod";
import { concurrently } from "../search/concurrently.js";

/** Of one bulk call. */
const MAX_IDS = 1_000;
const CONCURRENCY = 10;

export const bulkIds = z
  .array(z.string().min(1))
  .min(1, `must name 1 to ${MAX_IDS}`)
  .max(MAX_IDS, `must name 1 to ${MAX_IDS}`)
  .describe(`1 to ${MAX_IDS} ids`);

/** Conductor's BulkResponse. */
interface BulkAnswer {
  /** What was refused or failed, and why, by id. */
  readonly bulkErrorResults: Readonly<Record<string, string>>;
  readonly bulkSuccessfulResults: readonly string[];
}

/** Does it to each of them, whatever becomes of the others; an id that is named twice is one. */
export async function bulk(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
): Promise<BulkAnswer> {
  const errors: (readonly [id: string, message: string])[] = [];
  const done: string[] = [];
  const outcomes = await concurrently(
    [...new Set(ids)],
    async (id) => {
      try {
        await act(id);
        return { id };
      } catch (error) {
        // Anything else is a fault of ours, which the caller is told as such.
        if (!(error instanceof HeddleError)) throw error;
        return { id, message: error.message };
      }
    },
    CONCURRENCY,
  );
  for (const { id, message } of outcomes) {
    if (message === undefined) done.push(id);
    else errors.push([id, message]);
  }
  return { bulkErrorResults: Object.fromEntries(errors), bulkSuccessfulResults: done };
}
