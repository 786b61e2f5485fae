import { changes, type GatewayApp } from "@heddle/gateway";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { numberParameter } from "./parameters.js";

export function startWorkflowRoutes(app: GatewayApp, { definitions, executions }: ConductorServices): void {
  const start = async (json: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const workflowId = await executions.start(await definitions.startRequest(json));
    request.auditObject = workflowId;
    return reply.type("text/plain").send(workflowId);
  };

  app.post(
    "/workflow",
    conductorRoute("startWorkflow", changes("signaller"), {
      summary: "Start a workflow by a request that may hold its definition",
      body: z.unknown(),
    }),
    (request, reply) => start(request.body, request, reply),
  );

  app.post(
    "/workflow/:name",
    conductorRoute("startWorkflowByName", changes("signaller"), {
      summary: "Start a registered workflow; the body is its input",
      params: z.object({ name: z.string().describe("Name of the definition") }),
      querystring: z.object({
        version: numberParameter(1),
        correlationId: z.string().optional(),
        priority: numberParameter(0),
      }),
      body: z.unknown(),
    }),
    (request, reply) => {
      const { name } = request.params;
      return start({ ...request.query, name, input: request.body }, request, reply);
    },
  );
}
