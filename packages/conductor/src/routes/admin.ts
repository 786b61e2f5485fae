// What operators of Conductor ask a server. The little that has a meaning here.
import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter, workflowPath } from "./parameters.js";

export function adminRoutes(app: GatewayApp, services: ConductorServices): void {
  const { executions, eventHandlers, eventMessages } = services;

  app.get(
    "/admin/queues",
    conductorRoute("listEventQueues", reads("reader"), {
      summary: "Events that active handlers wait for; verbose: with the messages that are being handled",
      querystring: z.object({ verbose: flagParameter(false) }),
    }),
    async (request) => {
      const handlers = await eventHandlers.list({ activeOnly: true });
      const events = [...new Set(handlers.map(({ event }) => event))];
      if (!request.query.verbose) return Object.fromEntries(events.map((event) => [event, event]));
      const sizes = events.map(async (event) => {
        return [event, { [event]: await eventMessages.count({ event, isOpen: true }) }] as const;
      });
      return Object.fromEntries(await Promise.all(sizes));
    },
  );

  // Owners look after their runs by themselves, and the reconciler after them; there is nothing to be pushed.
  app.post(
    "/admin/sweep/requeue/:id",
    conductorRoute("requeueSweep", changes("operator"), {
      summary: "Checks that the execution exists; it needs no push",
      params: workflowPath,
    }),
    async (request, reply) => {
      await executions.assertExists(request.params.id);
      return reply.type("text/plain").send(`true.${request.params.id}`);
    },
  );

  app.post(
    "/admin/consistency/verifyAndRepair/:id",
    conductorRoute("verifyAndRepair", changes("operator"), {
      summary: "Checks that the execution exists; `false`: nothing had to be repaired",
      params: workflowPath,
    }),
    async (request, reply) => {
      await executions.assertExists(request.params.id);
      return reply.type("text/plain").send("false");
    },
  );
}
