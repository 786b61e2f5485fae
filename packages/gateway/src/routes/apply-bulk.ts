import type { BulkClient, BulkOperation, BulkOutcome, BulkTarget } from "@heddle/core";
import { HeddleError, InvalidArgumentError, OutcomeUnknownError } from "@heddle/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { problemOf, unexpectedError } from "../problem/problem.js";
import { pathOf } from "../problem/send-problem.js";
import { assertRunsOrFilter, type bulkReply, MOST_RUNS } from "./bulk-fields.js";
import { plainSummary } from "./list-workflows.js";
import type { filterBody } from "./parameters.js";
import { filterOfBody } from "./search-fields.js";

type BulkReply = z.infer<typeof bulkReply>;

export interface BulkBody {
  readonly filter?: z.infer<typeof filterBody> | undefined;
  readonly runs?: readonly BulkTarget[] | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly operationId?: string | undefined;
  readonly concurrency?: number | undefined;
  /** Of each run that names none itself; for reset and fork. */
  readonly event?: number | undefined;
}

/** Serves one request of a bulk operation: the runs that it names, or one page of those that its filter finds. */
export async function applyBulk(
  bulk: BulkClient,
  operation: BulkOperation,
  body: BulkBody,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<BulkReply> {
  assertRunsOrFilter(body);
  const { filter = {}, dryRun = false, concurrency, operationId = bulk.newOperationId() } = body;
  request.auditObject = operationId;
  bulk.check(operation, { operationId, concurrency });
  if (!dryRun) assertEvents(operation, body);
  const page =
    body.runs === undefined
      ? await bulk.list(operation.kind, filterOfBody(filter), {
          limit: body.limit ?? MOST_RUNS,
          cursor: body.cursor,
        })
      : undefined;
  if (dryRun) {
    const sample = page?.items.map(plainSummary);
    const counts = { matched: page?.total ?? 0, done: 0, skipped: 0, failed: 0 };
    return { operationId, dryRun, ...counts, outcomes: [], sample };
  }
  const targets = body.runs ?? page?.items.map(({ id, runId }) => ({ id, runId })) ?? [];
  const outcomes = await whileCallerListens(reply, (signal) =>
    bulk.apply(
      targets.map((target) => ({ event: body.event, ...target })),
      operation,
      { operationId, concurrency, signal },
    ),
  );
  const count = (what: BulkOutcome["outcome"]) => outcomes.filter(({ outcome }) => outcome === what).length;
  return {
    ...{ operationId, dryRun, matched: outcomes.length },
    ...{ done: count("done"), skipped: count("skipped"), failed: count("failed") },
    outcomes: outcomes.map((outcome) => plainOutcome(outcome, request)),
    cursor: page?.cursor,
  };
}

/** Throws when an operation that cuts histories is not told where, before the first is cut. */
function assertEvents({ kind }: BulkOperation, { event, runs }: BulkBody): void {
  if ((kind !== "reset" && kind !== "fork") || event !== undefined) return;
  if (runs?.every((run) => run.event !== undefined) === true) return;
  throw new InvalidArgumentError("give event, or an event for each of runs", { details: { field: "event" } });
}

/** Ends the work between two runs when the caller has gone: nobody would hear what became of the others. */
async function whileCallerListens<Result>(
  reply: FastifyReply,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const gone = new AbortController();
  const end = (): void => gone.abort();
  reply.raw.once("close", end);
  if (reply.raw.destroyed) end();
  try {
    return await work(gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    throw new OutcomeUnknownError("the caller went away; repeat the request with the same operationId", {
      cause: error,
    });
  } finally {
    reply.raw.off("close", end);
  }
}

function plainOutcome(
  { id, runId, outcome, error }: BulkOutcome,
  request: FastifyRequest,
): BulkReply["outcomes"][number] {
  if (error === undefined) return { id, runId, outcome };
  if (!(error instanceof HeddleError))
    request.log.error({ err: error, id }, "a run of a bulk operation failed");
  const known = error instanceof HeddleError ? error : unexpectedError(error);
  const { code, detail, retryable, details } = problemOf(known, {
    path: pathOf(request),
    requestId: request.id,
  });
  return { id, runId, outcome, error: { code, detail, retryable, details } };
}
