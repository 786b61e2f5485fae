import type { SignalledRun, WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader, idOfKey } from "./idempotency-key.js";
import { operationId, startOperation } from "./operation-id.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { timeoutFields } from "./run-times.js";
import { searchFields, searchOptionsOf } from "./search-fields.js";
import { workflowUrl } from "./workflow-url.js";

const startOrSignalBody = z
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

const signalledRun = z
  .object({ id: workflowId, runId, outcome: z.enum(["started", "signalled", "duplicate"]) })
  .meta({ id: "SignalledRun" });

const STATUS = { started: 201, signalled: 202, duplicate: 200 } as const satisfies Record<
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
      const { type, input, signal, operationId, ...options } = request.body;
      const named = {
        ...options,
        ...searchOptionsOf(options),
        idempotencyKey: idOfKey(request, options.idempotencyKey),
      };
      const operation = startOperation({ ...named, operationId });
      const run = await client.startOrSignal(type, input, signal, named, operation);
      return reply
        .code(STATUS[run.outcome])
        .header("location", workflowUrl(run.workflowId))
        .send({ id: run.workflowId, runId: run.runId, outcome: run.outcome });
    },
  );
}
