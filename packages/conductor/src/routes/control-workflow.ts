import { changes, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter, workflowPath } from "./parameters.js";

const reason = z.string().optional().describe("Kept with the execution");

export function controlWorkflowRoutes(app: GatewayApp, { control, executions }: ConductorServices): void {
  app.put(
    "/workflow/:id/pause",
    conductorRoute("pauseWorkflow", changes("operator"), {
      summary: "Schedule nothing new until it is resumed; what is under way goes on",
      params: workflowPath,
    }),
    async (request, reply) => {
      await control.pause(request.params.id);
      return reply.send();
    },
  );

  app.put(
    "/workflow/:id/resume",
    conductorRoute("resumeWorkflow", changes("operator"), {
      summary: "Let a paused execution go on; the clock of its timeout begins anew",
      params: workflowPath,
    }),
    async (request, reply) => {
      await control.resume(request.params.id);
      return reply.send();
    },
  );

  app.put(
    "/workflow/decide/:id",
    conductorRoute("decideWorkflow", changes("operator"), {
      summary: "Does nothing: executions move by themselves",
      params: workflowPath,
    }),
    async (request, reply) => {
      await executions.blocking(request.params.id);
      return reply.send();
    },
  );

  app.delete(
    "/workflow/:id",
    conductorRoute("terminateWorkflow", changes("operator"), {
      summary: "End an execution with its open tasks and sub-workflows",
      params: workflowPath,
      querystring: z.object({ reason }),
    }),
    async (request, reply) => {
      await control.terminate(request.params.id, request.query.reason);
      return reply.send();
    },
  );

  app.delete(
    "/workflow/:id/remove",
    conductorRoute("removeWorkflow", changes("operator"), {
      summary: "Remove everything of an execution that has ended",
      params: workflowPath,
      querystring: z.object({
        archiveWorkflow: flagParameter(true).describe("False: an open one is terminated first"),
      }),
    }),
    async (request, reply) => {
      await control.remove(request.params.id, { terminateFirst: !request.query.archiveWorkflow });
      return reply.send();
    },
  );

  app.delete(
    "/workflow/:id/terminate-remove",
    conductorRoute("terminateAndRemoveWorkflow", changes("operator"), {
      summary: "End an execution if it is open, and remove everything of it",
      params: workflowPath,
      querystring: z.object({ reason, archiveWorkflow: flagParameter(true) }),
    }),
    async (request, reply) => {
      await control.remove(request.params.id, { terminateFirst: true, reason: request.query.reason });
      return reply.send();
    },
  );
}
