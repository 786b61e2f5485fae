import type { ForeignJob, WorkflowClient } from "@heddle/core";
import { createHash } from "node:crypto";
import { InvalidArgumentError, MAX_PAYLOAD_BYTES, PayloadTooLargeError } from "@heddle/protocol";
import { z } from "zod";
import { parseJsonText } from "../json/json-text.js";
import { parsedPart } from "../problem/refused-request.js";
import { acceptSignal, signalEntry } from "../routes/signal-workflow.js";
import { acceptStartOrSignal, assertRepeatable, startOrSignalBody } from "../routes/start-or-signal.js";
import { acceptStart, startBody } from "../routes/start-workflow.js";

/** As much as a request body may have: two payloads of 1 MiB and what is around them. */
export const MAX_JOB_BYTES = 2 * MAX_PAYLOAD_BYTES + 64 * 1024;

// The job id takes the place of the operation id.
const startJob = startBody.omit({ operationId: true });
const startOrSignalJob = startOrSignalBody.omit({ operationId: true });

/** What the producer of a job may wait for. */
export const acceptedJob = z.object({
  id: z.string().describe("Workflow id"),
  runId: z.string(),
  outcome: z.enum(["started", "existing", "signalled", "duplicate"]),
});
export type AcceptedJob = z.infer<typeof acceptedJob>;

/**
 * Accepts what a job of the ingestion queue asks for. Its id names the delivery, so that the same job, however often it
 * comes, is accepted once. Throws the errors of `WorkflowClient`, and `InvalidArgumentError` for a job that is none.
 */
export async function acceptJob(client: WorkflowClient, job: ForeignJob): Promise<AcceptedJob> {
  switch (job.name) {
    case "signal": {
      const signal = parsedPart(signalEntry, dataOf(job), "the data of the job");
      const { id, runId } = await acceptSignal(client, { ...signal, signalId: signal.signalId ?? idOf(job) });
      return { id, runId, outcome: "signalled" };
    }
    case "start": {
      const start = parsedPart(startJob, dataOf(job), "the data of the job");
      if (start.idConflict === "terminate-existing") throw mayNotTerminate();
      return acceptStart(client, { ...start, ...namedByJob(start, job) });
    }
    case "start-or-signal": {
      const body = parsedPart(startOrSignalJob, dataOf(job), "the data of the job");
      return acceptStartOrSignal(client, { ...body, ...deliveryOfJob(body, job) });
    }
    default:
      throw new InvalidArgumentError(
        `the job is called ${JSON.stringify(job.name.slice(0, 100))}; call it signal, start or start-or-signal`,
        { details: { field: "name" } },
      );
  }
}

/** A start that has a workflow id is known again by its run id, any other one by its key. */
function namedByJob(start: z.output<typeof startJob>, job: ForeignJob) {
  if (start.idempotencyKey !== undefined) return {};
  if (start.id === undefined) return { idempotencyKey: idOf(job) };
  const digest = createHash("sha256")
    .update(`job ${idOf(job)}`, "utf8")
    .digest();
  return { operationId: digest.subarray(0, 16).toString("base64url") };
}

/** With a workflow id the job's id names the signal, without one the workflow as well. */
function deliveryOfJob(body: z.output<typeof startOrSignalJob>, job: ForeignJob) {
  const { id, idempotencyKey, signal } = body;
  assertRepeatable(body);
  if (idempotencyKey !== undefined || signal.signalId !== undefined) return {};
  if (id === undefined) return { idempotencyKey: idOf(job) };
  return { signal: { ...signal, signalId: idOf(job) } };
}

function dataOf({ data }: ForeignJob): unknown {
  assertJobSize(Buffer.byteLength(data));
  return parseJsonText(data);
}

/** Throws `PayloadTooLargeError` for a job that no limit of its payloads would let through. */
export function assertJobSize(dataBytes: number): void {
  if (dataBytes <= MAX_JOB_BYTES) return;
  throw new PayloadTooLargeError(
    `the data of the job take ${dataBytes} bytes, the limit is ${MAX_JOB_BYTES}; store them elsewhere and pass a reference`,
    { details: { payloadBytes: dataBytes, maxBytes: MAX_JOB_BYTES } },
  );
}

/**
 * BullMQ takes no number for an id that a producer chooses, so a number is one that it counted itself. It tells nothing
 * apart: a job that is put twice has two, and the count begins anew when the queue is obliterated.
 */
function idOf({ id }: ForeignJob): string {
  if (!/^\d*$/.test(id)) return id;
  throw new InvalidArgumentError(
    `the job has the id ${JSON.stringify(id)}, which BullMQ counted and which does not tell whether it was put twice; ` +
      `put it with a jobId of your own, or with signalId or idempotencyKey in its data`,
    { details: { field: "jobId" } },
  );
}

function mayNotTerminate(): InvalidArgumentError {
  return new InvalidArgumentError(
    "a job may not terminate another run; use the HTTP API for idConflict terminate-existing",
    {
      details: { field: "idConflict" },
    },
  );
}
