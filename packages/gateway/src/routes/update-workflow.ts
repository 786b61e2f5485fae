import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { Drain } from "../drain.js";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { RETRY_AFTER_SECONDS } from "../problem/problem.js";
import { namedPath } from "./parameters.js";
import { jsonReply, plainPayload, PROBLEMS, workflowId } from "./replies.js";

/** A caller that wants to wait longer repeats the request with its update id. */
const MAX_WAIT_MS = 60_000;
const DRAINING_WAIT_MS = 1_000;

const updateBody = z
  .strictObject({
    input: z.unknown().optional().describe("Any JSON"),
    updateId: z
      .string()
      .describe("1–128 UTF-8 bytes; a repeated id of the same run is done once, and gets the same answer"),
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

const pending = z
  .object({ id: workflowId, updateId: z.string(), status: z.literal("pending") })
  .meta({ id: "UpdatePending" });

export function updateWorkflow(api: GatewayApp, client: WorkflowClient, drain: Drain): void {
  api.post(
    "/workflows/:id/updates/:name",
    {
      schema: {
        operationId: "updateWorkflow",
        summary: "Have a running workflow take an update, and wait for its result",
        description:
          "Waits up to 60 s; repeat the request with the same `updateId` to wait on. An update that its workflow refuses or " +
          "fails is answered with a problem: UPDATE_REJECTED or UPDATE_FAILED, with the workflow's own error as " +
          "`details.cause`, UPDATE_NOT_FOUND, or UPDATE_NOT_COMPLETED when the run closed first.",
        tags: ["workflows"],
        params: namedPath("update"),
        body: updateBody,
        response: {
          200: jsonReply("Completed, now or before", updated),
          202: jsonReply("Not completed yet, or the gateway is draining; repeat the request", pending),
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      const { input, updateId } = request.body;
      const wait = new AbortController();
      const passed = new Error("the wait has passed");
      const end = (): void => wait.abort(passed);
      const timer = setTimeout(end, drain.hasBegun ? DRAINING_WAIT_MS : MAX_WAIT_MS);
      const forgetDrain = drain.onBegin(end);
      reply.raw.once("close", end);
      try {
        const result = await client.updates.execute(id, name, input, { updateId, signal: wait.signal });
        return { id, updateId, status: "completed" as const, result: toPlainJson(result) };
      } catch (error) {
        if (error !== passed) throw error;
        return await reply
          .code(202)
          .header("retry-after", String(RETRY_AFTER_SECONDS))
          .send({ id, updateId, status: "pending" as const });
      } finally {
        clearTimeout(timer);
        forgetDrain();
        reply.raw.off("close", end);
      }
    },
  );
}
