import type { RunFilterOptions, WorkflowClient } from "@heddle/core";
import type { WorkflowSummary } from "@heddle/protocol";
import { refused } from "./query-text.js";

/** How far a page may reach, and how many runs one search looks at. */
export const MAX_LOOKED_AT = 10_000;
const MAX_LISTED = 500;

export interface RunPage {
  /** Of all pages. */
  readonly total: number;
  readonly runs: readonly WorkflowSummary[];
}

/** So many runs that a filter finds, newest first. */
export async function pageOfRuns(
  client: WorkflowClient,
  filter: RunFilterOptions,
  { start, size }: { readonly start: number; readonly size: number },
): Promise<RunPage> {
  const first = await client.list({
    ...filter,
    limit: Math.max(1, Math.min(MAX_LISTED, size)),
    offset: start,
  });
  return { total: first.total, runs: await withFollowing(client, filter, first, size) };
}

/** All that it finds. Throws `InvalidArgumentError` when they are more than one search looks at. */
export async function allRuns(
  client: WorkflowClient,
  filter: RunFilterOptions,
): Promise<readonly WorkflowSummary[]> {
  const first = await client.list({ ...filter, limit: MAX_LISTED });
  if (first.total > MAX_LOOKED_AT) {
    throw refused(
      `has to look at ${first.total} executions, and ${MAX_LOOKED_AT} is the limit; narrow it, say by startTime`,
    );
  }
  return withFollowing(client, filter, first, MAX_LOOKED_AT);
}

/** Throws `InvalidArgumentError` for a page that lies too far behind. */
export function assertReachable({ start, size }: { readonly start: number; readonly size: number }): void {
  if (start + size <= MAX_LOOKED_AT) return;
  throw refused(
    `is ${start}: with size ${size} the page ends behind ${MAX_LOOKED_AT}; narrow the query, say by startTime`,
    "start",
  );
}

async function withFollowing(
  client: WorkflowClient,
  filter: RunFilterOptions,
  first: Awaited<ReturnType<WorkflowClient["list"]>>,
  size: number,
): Promise<readonly WorkflowSummary[]> {
  const runs = first.items.slice(0, size);
  for (let { cursor } = first; cursor !== undefined && runs.length < size;) {
    const limit = Math.min(MAX_LISTED, size - runs.length);
    const next = await client.list({ ...filter, limit, cursor });
    runs.push(...next.items);
    cursor = next.cursor;
  }
  return runs;
}
