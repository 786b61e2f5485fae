import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader } from "./idempotency-key.js";
import { operationId, operationOn } from "./operation-id.js";
import { workflowPath } from "./parameters.js";
import { jsonReply, PROBLEMS, workflowId } from "./replies.js";
import { attributeChangesOf, attributeValue } from "./search-fields.js";

const body = z
  .strictObject({
    attributes: z
      .record(z.string(), z.union([attributeValue, z.null()]))
      .describe("Values to set, and null to remove one; what is not named stays"),
    operationId: operationId.describe(
      "16 random bytes as base64url, the same when the call is repeated within 30 s: it is applied once",
    ),
  })
  .meta({ id: "SetAttributes" });

const applied = z.object({ id: workflowId }).meta({ id: "AttributesSet" });

export function setAttributes(api: GatewayApp, client: WorkflowClient): void {
  api.patch(
    "/workflows/:id/attributes",
    {
      schema: {
        operationId: "setWorkflowAttributes",
        summary: "Set or remove search attributes of an open run",
        description: "One atomic step. The code of the workflow is not told.",
        tags: ["workflows"],
        params: workflowPath,
        headers: idempotencyKeyHeader,
        body,
        response: { 200: jsonReply("They are set", applied), ...PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { attributes, operationId } = request.body;
      await client.setAttributes(id, attributeChangesOf(attributes), operationOn(id, operationId));
      return { id };
    },
  );
}
