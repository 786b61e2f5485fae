import type { SignalledRun, WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader, idOfKey } from "./idempotency-key.js";
import { operationId, startOperation } from "./operation-id.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { timeoutFields } from "./run-times.js";
import { searchFields, searchOptionsOf } from "./search-fields.js";
import { workflowUrl } from "./workflow-url.js";
import { assertSteersNothing } from "./steering-names.js";

export const startOrSignalBody = z
  .strictObject({
    type: z.string().describe("Workflow type, used when the workflow is created"),
    input: z.unknown().optional().describe("Input, used when the workflow is created"),
    signal: z.strictObject({
      name: z.string().describe("1–128 UTF-8 bytes"),
      payload: z.unknown().optional().describe("Any JSON"),
      signalId: z.string().optional().describe("1–128 UTF-8 bytes. Names this delivery"),
    }),
    id: workflowId.optional(),
    idempotencyKey: z
      .string()
      .optional()
      .describe("1–117 UTF-8 bytes. Names the workflow and the delivery. Excludes id and signalId"),
    onTerminalConflict: z
      .enum(["reject", "start-new"])
      .optional()
      .describe("When the workflow is closed. Without it: reject. start-new needs id and signalId"),
    ...timeoutFields,
    ...searchFields,
    operationId,
  })
  .meta({ id: "StartOrSignal" });

export const signalledRun = z
  .object({ id: workflowId, runId, outcome: z.enum(["started", "signalled", "duplicate"]) })
  .meta({ id: "SignalledRun" });

export const SIGNALLED_STATUS = { started: 201, signalled: 202, duplicate: 200 } as const satisfies Record<
  SignalledRun["outcome"],
  number
>;

export function startOrSignal(api: GatewayApp, client: WorkflowClient): void {
  api.post(
    "/workflows/start-or-signal",
    {
      schema: {
        operationId: "startOrSignal",
        summary: "Start a workflow with a signal, or signal the open one, atomically",
        description: "Needs signalId or idempotencyKey, so that a repeated call signals once.",
        tags: ["workflows"],
        headers: idempotencyKeyHeader,
        body: startOrSignalBody,
        response: {
          201: jsonReply("Started, with the signal as its first event", signalledRun),
          202: jsonReply("Signalled: the open workflow has the signal", signalledRun),
          200: jsonReply("Duplicate: this delivery was accepted before", signalledRun),
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      body.idempotencyKey = idOfKey(request, body.idempotencyKey);
      const run = await acceptStartOrSignal(client, body);
      return reply.code(SIGNALLED_STATUS[run.outcome]).header("location", workflowUrl(run.id)).send(run);
    },
  );
}

/** A signal id alone names the signal and not the workflow, so that each repetition would start another one. */
export function assertRepeatable({ id, idempotencyKey, signal }: z.output<typeof startOrSignalBody>): void {
  if (id !== undefined || idempotencyKey !== undefined || signal.signalId === undefined) return;
  throw new InvalidArgumentError(
    "signal.signalId is given without id, so each repetition would start another workflow; give the id, or an idempotencyKey instead",
    { details: { field: "id" } },
  );
}

/** Accepts what a body asks for, whichever way it came. */
export async function acceptStartOrSignal(
  client: WorkflowClient,
  body: z.output<typeof startOrSignalBody>,
): Promise<z.output<typeof signalledRun>> {
  assertSteersNothing(body.signal.name);
  const { type, input, signal, id, idempotencyKey, onTerminalConflict, executionTimeout, runTimeout } = body;
  const options = { id, idempotencyKey, onTerminalConflict, executionTimeout, runTimeout };
  const run = await client.startOrSignal(
    type,
    input,
    signal,
    { ...options, ...searchOptionsOf(body) },
    startOperation(body),
  );
  return { id: run.workflowId, runId: run.runId, outcome: run.outcome };
}
