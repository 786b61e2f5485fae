import type { WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { filterParameters } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";
import { filterOf } from "./search-fields.js";

const count = z.object({ count: z.int() }).meta({ id: "WorkflowCount" });

export function countWorkflows(api: GatewayApp, client: WorkflowClient): void {
  api.get(
    "/workflows/count",
    {
      schema: {
        operationId: "countWorkflows",
        summary: "Count workflows",
        tags: ["workflows"],
        querystring: filterParameters,
        response: { 200: jsonReply("How many match", count), ...PROBLEMS },
      },
    },
    async (request) => ({ count: await client.count(filterOf(request.query)) }),
  );
}
