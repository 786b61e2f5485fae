import type { WorkflowClient } from "@heddle/core";
import { historyFromJson } from "@heddle/protocol";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { acceptExportedJson } from "../json/json-body.js";
import { operationId, operationOn } from "./operation-id.js";
import { jsonReply, PROBLEMS, runId, workflowId } from "./replies.js";
import { workflowUrl } from "./workflow-url.js";

/** A history outgrows other bodies: it is many payloads. */
const MAX_HISTORY_BYTES = 32 * 1024 * 1024;

const body = z
  .strictObject({
    format: z.string(),
    formatVersion: z.int(),
    workflowId,
    runId,
    type: z.string(),
    version: z.string().optional(),
    status: z.string(),
    records: z.array(z.unknown()),
  })
  .meta({ id: "ExportedHistory" });

const parameters = z.strictObject({
  id: workflowId.optional().describe("Of the workflow that is made. Without it: that of the export"),
  operationId,
});

const importedRun = z.object({ id: workflowId, runId }).meta({ id: "ImportedRun" });

export function importHistory(api: GatewayApp, client: WorkflowClient): void {
  void api.register((instance, _options, done) => {
    acceptExportedJson(instance);
    instance.withTypeProvider<ZodTypeProvider>().post(
      "/workflows/import",
      {
        bodyLimit: MAX_HISTORY_BYTES,
        schema: {
          operationId: "importWorkflow",
          summary: "Take in a run that was exported, here or elsewhere",
          description:
            "The body is what the export returned, at most 32 MiB. A run that was closed stays so; one that was open goes on as a new run from the end of its history.",
          tags: ["workflows"],
          querystring: parameters,
          body,
          response: {
            201: jsonReply("Accepted, also when it was imported before", importedRun),
            ...PROBLEMS,
          },
        },
      },
      async (request, reply) => {
        const { id = request.body.workflowId, operationId } = request.query;
        const call = operationOn(id, operationId);
        const run = await client.repair.import(historyFromJson(request.body), { id }, call);
        return reply
          .code(201)
          .header("location", workflowUrl(run.workflowId))
          .send({ id: run.workflowId, runId: run.runId });
      },
    );
    done();
  });
}
