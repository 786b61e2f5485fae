import { InvalidArgumentError, type PaginatedResult, type WorkflowSummary } from "@heddle/protocol";
import type { AcceptingStore, RunHeader } from "../store/accepting-store.js";
import { assertKnownOptions } from "./naming.js";
import { decodeCursor, encodeCursor } from "./list-cursor.js";
import { FILTER_OPTIONS, runFilterOf, type RunFilterOptions } from "./run-filter.js";

export interface ListOptions extends RunFilterOptions {
  /** 1 to 500. Default 50. */
  readonly limit?: number | undefined;
  /** Items to skip; at most 10,000, beyond that use `cursor`. Excludes `cursor`. */
  readonly offset?: number | undefined;
  /** Continues behind the last item of the page that returned it: no gap and no repeat, whatever starts meanwhile. */
  readonly cursor?: string | undefined;
}

export const MAX_PAGE = 500;
const MAX_OFFSET = 10_000;

/** Newest first, ties by id. Throws `InvalidArgumentError` naming the option. */
export async function listRuns(
  store: AcceptingStore,
  options: ListOptions,
): Promise<PaginatedResult<WorkflowSummary>> {
  assertKnownOptions(options, [...FILTER_OPTIONS, "limit", "offset", "cursor"], "list");
  const limit = wholeNumber("limit", options.limit ?? 50, 1, MAX_PAGE);
  const offset = wholeNumber("offset", options.offset ?? 0, 0, MAX_OFFSET);
  if (options.cursor !== undefined && options.offset !== undefined) {
    throw new InvalidArgumentError("list takes offset or cursor, not both", { details: { field: "cursor" } });
  }
  const filter = runFilterOf(options);
  const page = await store.list({
    ...filter,
    limit,
    offset,
    ...(options.cursor === undefined ? {} : { after: decodeCursor(options.cursor) }),
  });
  const last = page.runs.at(-1);
  return {
    items: page.runs.map(summaryOf),
    total: page.total,
    offset,
    limit,
    ...(page.hasMore && last !== undefined ? { cursor: encodeCursor(last) } : {}),
  };
}

export async function countRuns(store: AcceptingStore, filter: RunFilterOptions): Promise<number> {
  assertKnownOptions(filter, FILTER_OPTIONS, "count");
  return store.count(runFilterOf(filter));
}

export function wholeNumber(field: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(
      `${field} is ${String(value)}; it must be a whole number from ${least} to ${most}`,
      { details: { field } },
    );
  }
  return value;
}

export function summaryOf(header: RunHeader): WorkflowSummary {
  return {
    id: header.workflowId,
    runId: header.runId,
    type: header.type,
    status: header.status,
    version: header.version,
    createdAt: new Date(header.createdAtMs),
    updatedAt: new Date(header.updatedAtMs),
    ...(header.startAtMs === undefined ? {} : { startAt: new Date(header.startAtMs) }),
    ...(header.attributes === undefined ? {} : { attributes: header.attributes }),
  };
}
