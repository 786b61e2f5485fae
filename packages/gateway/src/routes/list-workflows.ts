import { MAX_PAGE, type WorkflowClient } from "@heddle/core";
import { WORKFLOW_STATUSES, type WorkflowSummary } from "@heddle/protocol";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { filterParameters, wholeNumber } from "./parameters.js";
import { attributes, jsonReply, plainAttributes, PROBLEMS, runId, workflowId } from "./replies.js";
import { filterOf } from "./search-fields.js";

const listParameters = filterParameters.extend({
  limit: wholeNumber({ least: 1, most: MAX_PAGE, description: "Items of a page. Without it: 50" }).optional(),
  offset: wholeNumber({
    least: 0,
    most: 10_000,
    description: "Items to skip; further on use cursor. Excludes cursor",
  }).optional(),
  cursor: z.string().optional().describe("`cursor` of the page before: no gap and no repeat between pages"),
});

export const workflowSummary = z
  .object({
    id: workflowId,
    runId,
    type: z.string(),
    status: z.enum(WORKFLOW_STATUSES),
    version: z.string().optional(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    startAt: z.iso.datetime().optional().describe("When a delayed run starts, or started"),
    attributes: attributes.optional(),
  })
  .meta({ id: "WorkflowSummary" });

const page = z
  .object({
    items: z.array(workflowSummary),
    total: z.int().describe("All that match, on all pages"),
    offset: z.int(),
    limit: z.int(),
    cursor: z.string().optional().describe("Continues behind the last item; absent on the last page"),
  })
  .meta({ id: "WorkflowPage" });

export function listWorkflows(api: GatewayApp, client: WorkflowClient): void {
  api.get(
    "/workflows",
    {
      schema: {
        operationId: "listWorkflows",
        summary: "List workflows, newest first",
        tags: ["workflows"],
        querystring: listParameters,
        response: { 200: jsonReply("One page", page), ...PROBLEMS },
      },
    },
    async (request) => {
      const { items, ...rest } = await client.list(filterOf(request.query));
      return {
        ...rest,
        items: items.map(plainSummary),
      };
    },
  );
}

export function plainSummary(item: WorkflowSummary): z.infer<typeof workflowSummary> {
  return {
    ...item,
    createdAt: item.createdAt.toISOString(),
    updatedAt: item.updatedAt.toISOString(),
    startAt: item.startAt?.toISOString(),
    attributes: item.attributes && plainAttributes(item.attributes),
  };
}
