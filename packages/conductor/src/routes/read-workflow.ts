import { reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter, workflowPath } from "./parameters.js";

export function readWorkflowRoutes(app: GatewayApp, { executions }: ConductorServices): void {
  app.get(
    "/workflow/:id",
    conductorRoute("getWorkflow", reads("reader"), {
      summary: "An execution with its tasks",
      params: workflowPath,
      querystring: z.object({ includeTasks: flagParameter(true) }),
    }),
    (request) => executions.read(request.params.id, { includeTasks: request.query.includeTasks }),
  );
}
