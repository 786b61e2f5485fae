import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { idempotencyKeyHeader } from "./idempotency-key.js";
import { namedPath } from "./parameters.js";
import { jsonReply, plainPayload, PROBLEMS } from "./replies.js";

const queryBody = z
  .strictObject({
    input: z.unknown().optional().describe("Any JSON"),
    strict: z
      .boolean()
      .optional()
      .describe("Answer with the reason (an error) instead of `answered: false`. Without it: false"),
    timeoutMs: z
      .int()
      .min(1)
      .max(60_000)
      .optional()
      .describe("Longest wait for the coordinator that owns the run. Without it: 5000"),
  })
  .meta({ id: "QueryWorkflow" });

const queryAnswer = z
  .object({
    answered: z
      .boolean()
      .describe(
        "False when there is no value: the run is suspended or closed, has no such query, or its handler returned undefined",
      ),
    result: plainPayload.describe("The answer as plain JSON; null when `answered` is false"),
  })
  .meta({ id: "QueryAnswer" });

export function queryWorkflow(api: GatewayApp, client: WorkflowClient): void {
  api.post(
    "/workflows/:id/queries/:name",
    {
      schema: {
        operationId: "queryWorkflow",
        summary: "Ask the code of a running workflow",
        description: "Read-only. Waits for the coordinator that owns the run, 5 s unless told otherwise.",
        tags: ["workflows"],
        params: namedPath("query"),
        headers: idempotencyKeyHeader,
        body: queryBody,
        response: { 200: jsonReply("The answer, or that there is none", queryAnswer), ...PROBLEMS },
      },
    },
    async (request) => {
      const { id, name } = request.params;
      const { input, strict = false, timeoutMs } = request.body;
      const options = { strict, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
      const result = await client.query(id, name, input, options);
      return { answered: result !== undefined, result: toPlainJson(result) };
    },
  );
}
