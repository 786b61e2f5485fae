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
interface BulkAnswer<Result> {
  /** What was refused or failed, and why, by id. */
  readonly bulkErrorResults: Readonly<Record<string, string>>;
  readonly bulkSuccessfulResults: readonly Result[];
}

/** Does it to each of them, whatever becomes of the others; the ids of those that it was done to. */
export function bulk(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
): Promise<BulkAnswer<string>> {
  return bulkResults(ids, async (id) => {
    await act(id);
    return id;
  });
}

/** The same with what each of them came to. An id that is named twice is one. */
export async function bulkResults<Result>(
  ids: readonly string[],
  act: (id: string) => Promise<Result>,
): Promise<BulkAnswer<Result>> {
  const errors = new Map<string, string>();
  const outcomes = await concurrently(
    [...new Set(ids)],
    async (id) => {
      try {
        return [await act(id)];
      } catch (error) {
        // Anything else is a fault of ours, which the caller is told as such.
        if (!(error instanceof HeddleError)) throw error;
        errors.set(id, error.message);
        return [];
      }
    },
    CONCURRENCY,
  );
  return { bulkErrorResults: Object.fromEntries(errors), bulkSuccessfulResults: outcomes.flat() };
}
