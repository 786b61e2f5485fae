import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import { problemSchema } from "../problem/problem.js";
import { workflowSummary } from "./list-workflows.js";
import { filterBody } from "./parameters.js";
import { runId, workflowId } from "./replies.js";

/** Runs that one request works on. It bounds how long it takes, and what is done once nobody listens any more. */
export const MOST_RUNS = 100;

export const runFields = { id: workflowId, runId };

/** Fields of every bulk operation, on runs of these fields. */
export function bulkFields<Run extends z.ZodType>(run: Run) {
  return {
    filter: filterBody.optional().describe("Which runs, as the list takes it; {} is all. Excludes runs"),
    runs: z
      .array(run)
      .min(1)
      .max(MOST_RUNS)
      .optional()
      .describe("The runs themselves, as a list returned them. Excludes filter, limit, cursor and dryRun"),
    limit: z
      .int()
      .min(1)
      .max(MOST_RUNS)
      .optional()
      .describe(`Runs that this request works on, the newest. Without it: ${MOST_RUNS}`),
    cursor: z.string().optional().describe("`cursor` of the reply before: goes on behind its last run"),
    dryRun: z.boolean().optional().describe("Only tells how many runs match, and the first of them"),
    operationId: z
      .string()
      .optional()
      .describe(
        "1–128 UTF-8 bytes. The same for all requests of one operation, and for their repetitions: nothing is done twice. Without it one is made",
      ),
    concurrency: z.int().min(1).max(100).optional().describe("Runs worked on at once. Without it: 10"),
  };
}

/** What the fields together must be. Throws `InvalidArgumentError` naming the field. */
export function assertRunsOrFilter(body: {
  readonly filter?: unknown;
  readonly runs?: unknown;
  readonly limit?: unknown;
  readonly cursor?: unknown;
  readonly dryRun?: unknown;
}): void {
  const { filter, runs } = body;
  if ((filter === undefined) === (runs === undefined)) {
    throw new InvalidArgumentError("give either filter or runs; the filter {} is all runs", {
      details: { field: "filter" },
    });
  }
  if (runs === undefined) return;
  for (const field of ["limit", "cursor", "dryRun"] as const) {
    if (body[field] === undefined) continue;
    throw new InvalidArgumentError(`${field} goes with filter, and runs are given`, { details: { field } });
  }
}

const outcome = z
  .object({
    ...runFields,
    outcome: z
      .enum(["done", "skipped", "failed"])
      .describe("skipped: it does not apply to the run (any more)"),
    error: problemSchema
      .pick({ code: true, detail: true, retryable: true, details: true })
      .optional()
      .describe("Why it was skipped or failed"),
  })
  .meta({ id: "BulkOutcome" });

export const bulkReply = z
  .object({
    operationId: z.string(),
    dryRun: z.boolean(),
    matched: z.int().describe("Runs of this request; in a dry run all that match"),
    done: z.int(),
    skipped: z.int(),
    failed: z.int(),
    outcomes: z.array(outcome).describe("One per run"),
    sample: z.array(workflowSummary).optional().describe("In a dry run: the first runs that match"),
    cursor: z.string().optional().describe("There are more: repeat the request with it and the operationId"),
  })
  .meta({ id: "BulkReply" });
