import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader } from "./idempotency-key.js";
import { operationId, operationOn } from "./operation-id.js";
import { workflowPath } from "./parameters.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { workflowUrl } from "./workflow-url.js";

/** Fields of every repair. */
export const repairFields = {
  reason: z.string().max(1_000).optional().describe("For people; in the mark that the history keeps"),
  version: z.string().optional().describe("Version of the code that goes on. Without it: that of the run"),
};
export const event = z
  .int()
  .min(0)
  .describe("Index in the history of the event behind which the run goes on");
export const reapply = z
  .enum(["signals", "none"])
  .optional()
  .describe("Whether signals that the code saw after the event are given to it again");

const expectedRun = runId.optional().describe("The run that is meant; 409 when another is the current one");
const retryBody = z
  .strictObject({ ...repairFields, runId: expectedRun, operationId })
  .meta({ id: "RetryWorkflow" });
const resetBody = z
  .strictObject({ event, ...repairFields, reapply, runId: expectedRun, operationId })
  .meta({ id: "ResetWorkflow" });
const forkBody = resetBody
  .extend({ id: workflowId.optional().describe("Of the new workflow. Without it one is made") })
  .meta({ id: "ForkWorkflow" });

const repairedRun = z.object({ id: workflowId, runId }).meta({ id: "RepairedRun" });

/** Reset, retry and fork. A repetition with the same operation id finds what the first call has made. */
export function repairWorkflow(api: GatewayApp, client: WorkflowClient): void {
  api.post(
    "/workflows/:id/reset",
    {
      schema: {
        operationId: "resetWorkflow",
        summary: "Let a run go on as a new one from just behind an event of its history",
        description: "The run may be open or closed. What came after the event is cut off.",
        tags: ["workflows"],
        params: workflowPath,
        headers: idempotencyKeyHeader,
        body: resetBody,
        response: { 202: jsonReply("Accepted: the new run", repairedRun), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { operationId, ...options } = request.body;
      const run = await client.repair.reset(id, options, operationOn(id, operationId));
      return reply.code(202).send({ id, runId: run.runId });
    },
  );
  api.post(
    "/workflows/:id/retry",
    {
      schema: {
        operationId: "retryWorkflow",
        summary: "Let a failed run go on from the activities or steps whose failure ended it",
        tags: ["workflows"],
        params: workflowPath,
        headers: idempotencyKeyHeader,
        body: retryBody,
        response: { 202: jsonReply("Accepted: the new run", repairedRun), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { operationId, ...options } = request.body;
      const run = await client.repair.retry(id, options, operationOn(id, operationId));
      return reply.code(202).send({ id, runId: run.runId });
    },
  );
  api.post(
    "/workflows/:id/fork",
    {
      schema: {
        operationId: "forkWorkflow",
        summary: "Make a new workflow of a run's history up to an event",
        description: "The original is not touched.",
        tags: ["workflows"],
        params: workflowPath,
        headers: idempotencyKeyHeader,
        body: forkBody,
        response: { 201: jsonReply("Accepted: the new workflow", repairedRun), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { operationId, ...options } = request.body;
      const source = operationOn(request.params.id, operationId);
      // Also without an id of the caller's a repetition has to name the same workflow.
      const id = options.id ?? (source.operationId && `fork-${source.operationId}`);
      const call = id === undefined ? {} : operationOn(id, operationId);
      const run = await client.repair.fork(request.params.id, { ...options, id }, call);
      return reply
        .code(201)
        .header("location", workflowUrl(run.workflowId))
        .send({ id: run.workflowId, runId: run.runId });
    },
  );
}
