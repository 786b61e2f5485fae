import { changes, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter } from "./parameters.js";

export function workflowDefinitionRoutes(app: GatewayApp, services: ConductorServices): void {
  const { definitions, metadata } = services;
  app.post(
    "/metadata/workflow",
    conductorRoute("registerWorkflow", changes("operator"), {
      summary: "Register a workflow definition",
      querystring: z.object({ overwrite: flagParameter(false) }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const definition = await definitions.workflow(request.body);
      await metadata.registerWorkflow(definition, { overwrite: request.query.overwrite, nowMs: Date.now() });
      return reply.send();
    },
  );
}
