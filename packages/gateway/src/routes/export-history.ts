import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { workflowPath } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";

// Sent as the text that it is; the document has an object there.
const exportedHistory = z
  .string()
  .meta({ type: "object", description: "As POST /workflows/import takes it" });

export function exportHistory(api: GatewayApp, client: WorkflowClient): void {
  api.get(
    "/workflows/:id/history/export",
    {
      schema: {
        operationId: "exportWorkflowHistory",
        summary: "Download the current run with its history, every payload kept",
        tags: ["workflows"],
        params: workflowPath,
        response: { 200: jsonReply("The run, as a file", exportedHistory), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const text = await client.exportHistory(id);
      return reply
        .header("content-disposition", `attachment; filename="${fileNameOf(id)}"`)
        .type("application/json; charset=utf-8")
        .send(text);
    },
  );
}

/** Of letters that mean nothing to a header, a shell or a file system, whatever the id holds. */
function fileNameOf(workflowId: string): string {
  return `history-${workflowId.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 100)}.json`;
}
