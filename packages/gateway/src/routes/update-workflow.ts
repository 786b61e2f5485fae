import type { WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Drain } from "../drain.js";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { RETRY_AFTER_SECONDS } from "../problem/problem.js";
import { idempotencyKeyHeader, idOfKey } from "./idempotency-key.js";
import { namedPath, wholeNumber, workflowPath } from "./parameters.js";
import { jsonReply, plainPayload, PROBLEMS, runId, workflowId } from "./replies.js";
import { MAX_WAIT_MS, whileWaiting } from "./update-wait.js";
import { assertSteersNothing } from "./steering-names.js";

const updateBody = z
  .strictObject({
    input: z.unknown().optional().describe("Any JSON"),
    updateId: z
      .string()
      .optional()
      .describe(
        "1–128 UTF-8 bytes; a repeated id of the same run is done once, and gets the same answer. Without it: the header Idempotency-Key",
      ),
    waitFor: z
      .enum(["accepted", "completed"])
      .optional()
      .describe("How far the update is when the request is answered. Without it: completed"),
  })
  .meta({ id: "UpdateWorkflow" });

const updated = z
  .object({
    id: workflowId,
    updateId: z.string(),
    status: z.literal("completed"),
    result: plainPayload,
  })
  .meta({ id: "UpdateResult" });

const firstRunId = z.string().describe("First of the chain of runs that the update belongs to");

const pending = z
  .object({
    id: workflowId,
    updateId: z.string(),
    status: z
      .enum(["accepted", "pending"])
      .describe(
        "accepted: as asked for with `waitFor`, GET its result; pending: not that far, repeat the request",
      ),
    runId: runId.optional().describe("Of the run that accepted it"),
    firstRunId: firstRunId.optional(),
  })
  .meta({ id: "UpdatePending" });

const REPLIES = {
  200: jsonReply("Completed, now or before", updated),
  202: jsonReply("Accepted as asked for; or not that far yet, or the gateway is draining", pending),
  ...PROBLEMS,
};

const ENDS =
  "An update that its workflow refuses or fails is answered with a problem: UPDATE_REJECTED or UPDATE_FAILED, with the " +
  "workflow's own error as `details.cause`, UPDATE_NOT_FOUND, or UPDATE_NOT_COMPLETED when the run closed first.";

export function updateWorkflow(api: GatewayApp, client: WorkflowClient, drain: Drain): void {
  api.post(
    "/workflows/:id/updates/:name",
    {
      schema: {
        operationId: "updateWorkflow",
        summary: "Have a running workflow take an update, and wait for its result",
        description: `Waits up to 60 s; repeat the request with the same \`updateId\` to wait on. ${ENDS}`,
        tags: ["workflows"],
        params: namedPath("update"),
        headers: idempotencyKeyHeader,
        body: updateBody,
        response: REPLIES,
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      assertSteersNothing(name);
      const { input, waitFor = "completed" } = request.body;
      const updateId = idOfKey(request, request.body.updateId);
      if (updateId === undefined) {
        throw new InvalidArgumentError(
          "the update has no id by which a repeated request would be known; give updateId, or the header Idempotency-Key",
          { details: { field: "updateId" } },
        );
      }
      if (waitFor === "accepted") {
        const accepted = await whileWaiting({ drain, reply }, (signal) =>
          client.updates.start(id, name, input, { updateId, signal }),
        );
        if (accepted === undefined) return askAgain(reply, { id, updateId });
        const runs = { runId: accepted.runId, firstRunId: accepted.firstRunId };
        return reply.code(202).send({ id, updateId, status: "accepted" as const, ...runs });
      }
      const done = await whileWaiting({ drain, reply }, async (signal) => ({
        result: await client.updates.execute(id, name, input, { updateId, signal }),
      }));
      if (done === undefined) return askAgain(reply, { id, updateId });
      return { id, updateId, status: "completed" as const, result: toPlainJson(done.result) };
    },
  );
}

/** Waits for an accepted update; asking never sends one. */
export function updateResult(api: GatewayApp, client: WorkflowClient, drain: Drain): void {
  api.get(
    "/workflows/:id/updates/:updateId/result",
    {
      schema: {
        operationId: "getUpdateResult",
        summary: "Wait for the result of an accepted update",
        description: ENDS,
        tags: ["workflows"],
        params: workflowPath.extend({ updateId: z.string().describe("Update id, percent-encoded") }),
        querystring: z.strictObject({
          runId,
          firstRunId,
          waitMs: wholeNumber({
            least: 1,
            most: MAX_WAIT_MS,
            description: "Longest wait for the update. Without it: 60000",
          }).optional(),
        }),
        response: REPLIES,
      },
    },
    async (request, reply) => {
      const { id, updateId } = request.params;
      const { runId, firstRunId, waitMs } = request.query;
      const update = { workflowId: id, updateId, runId, firstRunId };
      const done = await whileWaiting({ drain, reply, waitMs }, async (signal) => ({
        result: await client.updates.result(update, { signal }),
      }));
      if (done === undefined) return askAgain(reply, { id, updateId });
      return { id, updateId, status: "completed" as const, result: toPlainJson(done.result) };
    },
  );
}

function askAgain(reply: FastifyReply, update: { id: string; updateId: string }) {
  return reply
    .code(202)
    .header("retry-after", String(RETRY_AFTER_SECONDS))
    .send({ ...update, status: "pending" as const });
}
