import type { WorkflowClient } from "@heddle/core";
import { HeddleError, InvalidArgumentError } from "@heddle/protocol";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { assertRole } from "../access/permissions.js";
import type { GatewayApp } from "../gateway-app.js";
import { inSlices } from "../in-slices.js";
import { problemOf, problemSchema, unexpectedError } from "../problem/problem.js";
import { parsedPart } from "../problem/refused-request.js";
import { pathOf } from "../problem/send-problem.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { acceptSignal, signalEntry } from "./signal-workflow.js";
import {
  acceptStartOrSignal,
  assertRepeatable,
  SIGNALLED_STATUS,
  startOrSignalBody,
} from "./start-or-signal.js";
import { acceptStart, startBody } from "./start-workflow.js";

const MOST_ENTRIES = 500;
/** Entries of one pipeline to Redis. */
const SLICE = 100;
const LONGEST_AUDIT_OBJECT = 255;

const startEntry = startBody.extend({ operation: z.literal("start") });
const startOrSignalEntry = startOrSignalBody.extend({ operation: z.literal("start-or-signal") });
const operationField = z.looseObject({ operation: z.enum(["start", "start-or-signal"]) });

/** Entries are looked at one by one in the handler, so that a bad one refuses nothing else; the document has their form. */
function entries(form: z.ZodType) {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io: "input", unrepresentable: "any" });
  return z
    .array(z.unknown().meta(schema))
    .min(1)
    .max(MOST_ENTRIES)
    .describe(`1 to ${MOST_ENTRIES} entries, each accepted or refused by itself`);
}

const accepted = z.object({
  status: z.int().describe("What the call by itself would be answered with"),
  id: workflowId,
  runId,
  outcome: z.enum(["started", "existing", "signalled", "duplicate"]).optional(),
  signalId: z.string().optional(),
});
const refused = z.object({ status: z.int(), problem: problemSchema });
const batchReply = z
  .object({ items: z.array(z.union([accepted, refused])).describe("In the order of the entries") })
  .meta({ id: "BatchReply" });
type EntryReply = z.infer<typeof accepted> | z.infer<typeof refused>;

const response = { 200: jsonReply("What became of each entry", batchReply), ...PROBLEMS };

/** Many starts or signals in one request. */
export function acceptBatches(api: GatewayApp, client: WorkflowClient): void {
  api.post(
    "/workflows/batch",
    {
      schema: {
        operationId: "acceptStartBatch",
        summary: "Start or signal many workflows",
        description:
          "Each entry needs ids of its own, so that the whole batch can be repeated: idempotencyKey, or id with operationId or signal.signalId.",
        tags: ["ingestion"],
        body: z
          .strictObject({
            items: entries(z.discriminatedUnion("operation", [startEntry, startOrSignalEntry])),
          })
          .meta({ id: "StartBatch" }),
        response,
      },
    },
    (request) => answerAll(request, (entry) => acceptStartEntry(request, client, entry)),
  );

  api.post(
    "/signals/batch",
    {
      schema: {
        operationId: "acceptSignalBatch",
        summary: "Signal many workflows",
        description: "Each entry needs a signalId, so that the whole batch can be repeated.",
        tags: ["ingestion"],
        body: z
          .strictObject({ items: entries(signalEntry.required({ signalId: true })) })
          .meta({ id: "SignalBatch" }),
        response,
      },
    },
    (request) => answerAll(request, (entry) => acceptSignalEntry(client, entry)),
  );
}

async function acceptStartEntry(
  request: FastifyRequest,
  client: WorkflowClient,
  entry: unknown,
): Promise<EntryReply> {
  if (parsedPart(operationField, entry, "the entry").operation === "start-or-signal") {
    const { operation: _, ...body } = parsedPart(startOrSignalEntry, entry, "the entry");
    assertRepeatable(body);
    const run = await acceptStartOrSignal(client, body);
    return { status: SIGNALLED_STATUS[run.outcome], ...run };
  }
  const { operation: _, ...body } = parsedPart(startEntry, entry, "the entry");
  if (body.idempotencyKey === undefined && (body.id === undefined || body.operationId === undefined)) {
    throw new InvalidArgumentError(
      "the entry could not be repeated; give it an idempotencyKey, or id and operationId",
      { details: { field: "idempotencyKey" } },
    );
  }
  if (body.idConflict === "terminate-existing")
    assertRole(request, "operator", "idConflict terminate-existing");
  const run = await acceptStart(client, body);
  return { status: run.outcome === "started" ? 201 : 200, ...run };
}

async function acceptSignalEntry(client: WorkflowClient, entry: unknown): Promise<EntryReply> {
  const signal = parsedPart(signalEntry, entry, "the entry");
  if (signal.signalId === undefined) {
    throw new InvalidArgumentError("the entry could not be repeated; give it a signalId", {
      details: { field: "signalId" },
    });
  }
  return { status: 202, ...(await acceptSignal(client, signal)) };
}

async function answerAll(
  request: FastifyRequest<{ Body: { items: unknown[] } }>,
  accept: (entry: unknown) => Promise<EntryReply>,
): Promise<z.infer<typeof batchReply>> {
  const { items } = request.body;
  // The first is counted already. Before anything is accepted, so that a refusal refuses all.
  await request.takeRequests?.(items.length - 1);
  const answers = await inSlices(items, SLICE, async (entry, index) => {
    try {
      return await accept(entry);
    } catch (error) {
      if (!(error instanceof HeddleError))
        request.log.error({ err: error }, "entry of a batch failed unexpectedly");
      const known = error instanceof HeddleError ? error : unexpectedError(error);
      const path = `${pathOf(request)}#/items/${index}`;
      const problem = problemOf(known, { path, requestId: request.id });
      return { status: problem.status, problem };
    }
  });
  const ids = answers.map((answer) => ("id" in answer ? answer.id : "(refused)"));
  request.auditObject = `${ids.length} entries: ${ids.join(" ")}`.slice(0, LONGEST_AUDIT_OBJECT);
  return { items: answers };
}
