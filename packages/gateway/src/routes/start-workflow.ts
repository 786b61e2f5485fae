import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import { assertRole } from "../access/permissions.js";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader, idOfKey } from "./idempotency-key.js";
import { operationId, startOperation } from "./operation-id.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { delayFields, startTime, timeoutFields } from "./run-times.js";
import { searchFields, searchOptionsOf } from "./search-fields.js";
import { workflowUrl } from "./workflow-url.js";

export const startBody = z
  .strictObject({
    type: z.string().describe("Workflow type: 1–64 UTF-8 bytes"),
    input: z.unknown().optional().describe("Input of the workflow; any JSON"),
    id: workflowId.optional().describe("Without it a fresh one is made. Excludes idempotencyKey"),
    idempotencyKey: z
      .string()
      .optional()
      .describe("1–117 UTF-8 bytes, permanent: the same key always means the same workflow. Excludes id"),
    idConflict: z
      .enum(["fail", "use-existing", "terminate-existing"])
      .optional()
      .describe("When an open run has the id. Without it: fail"),
    idReuse: z
      .enum(["allow", "allow-failed-only", "reject"])
      .optional()
      .describe("When a closed run has the id. Without it: allow"),
    ...timeoutFields,
    ...delayFields,
    ...searchFields,
    operationId,
  })
  .meta({ id: "StartWorkflow" });

export const startedRun = z
  .object({ id: workflowId, runId, outcome: z.enum(["started", "existing"]) })
  .meta({ id: "StartedRun" });

export function startWorkflow(api: GatewayApp, client: WorkflowClient): void {
  api.post(
    "/workflows",
    {
      schema: {
        operationId: "startWorkflow",
        summary: "Start a workflow",
        description: "Answers when the run is accepted; it does not wait for its code.",
        tags: ["workflows"],
        headers: idempotencyKeyHeader,
        body: startBody,
        response: {
          201: jsonReply("Accepted: a new run", startedRun),
          200: jsonReply("The key, or idConflict use-existing, found a run", startedRun),
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      if (request.body.idConflict === "terminate-existing") {
        assertRole(request, "operator", "idConflict terminate-existing");
      }
      const idempotencyKey = idOfKey(request, request.body.idempotencyKey);
      const run = await acceptStart(client, { ...request.body, idempotencyKey });
      return reply
        .code(run.outcome === "started" ? 201 : 200)
        .header("location", workflowUrl(run.id))
        .send(run);
    },
  );
}

/** Accepts the start that a body asks for, whichever way it came. */
export async function acceptStart(
  client: WorkflowClient,
  body: z.output<typeof startBody>,
): Promise<z.output<typeof startedRun>> {
  const { type, input, operationId, ...options } = body;
  const named = { ...options, ...searchOptionsOf(options), startAt: startTime(options.startAt) };
  const run = await client.start(type, input, named, startOperation({ ...named, operationId }));
  return { id: run.workflowId, runId: run.runId, outcome: run.outcome };
}
