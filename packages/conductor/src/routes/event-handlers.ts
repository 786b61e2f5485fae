import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { flagParameter } from "./parameters.js";

const handlerPath = z.object({ name: z.string().describe("Name of the event handler") });

export function eventHandlerRoutes(app: GatewayApp, services: ConductorServices): void {
  const { definitions, eventHandlers } = services;
  app.post(
    "/event",
    conductorRoute("addEventHandler", changes("operator"), {
      summary: "Register an event handler, or a list of them",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const given: unknown[] = Array.isArray(request.body) ? request.body : [request.body];
      // All are checked before any is stored.
      const handlers = await Promise.all(given.map((json) => definitions.eventHandler(json)));
      request.auditObject = handlers.map(({ name }) => name).join(", ");
      for (const handler of handlers) await eventHandlers.add(handler);
      return reply.send();
    },
  );

  app.put(
    "/event",
    conductorRoute("updateEventHandler", changes("operator"), {
      summary: "Replace an event handler",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const handler = await definitions.eventHandler(request.body);
      request.auditObject = handler.name;
      await eventHandlers.replace(handler);
      return reply.send();
    },
  );

  app.delete(
    "/event/:name",
    conductorRoute("removeEventHandler", changes("operator"), {
      summary: "Remove an event handler",
      params: handlerPath,
    }),
    async (request, reply) => {
      request.auditObject = request.params.name;
      await eventHandlers.delete(request.params.name);
      return reply.send();
    },
  );

  app.get(
    "/event",
    conductorRoute("listEventHandlers", reads("reader"), { summary: "All event handlers" }),
    () => eventHandlers.list(),
  );

  app.get(
    "/event/handler/:name",
    conductorRoute("getEventHandler", reads("reader"), {
      summary: "One event handler",
      params: handlerPath,
    }),
    (request) => eventHandlers.read(request.params.name),
  );

  app.get(
    "/event/:event",
    conductorRoute("listEventHandlersOfEvent", reads("reader"), {
      summary: "The handlers of an event",
      params: z.object({ event: z.string().describe("`provider:destination`") }),
      querystring: z.object({ activeOnly: flagParameter(true) }),
    }),
    (request) => eventHandlers.list({ event: request.params.event, activeOnly: request.query.activeOnly }),
  );
}
