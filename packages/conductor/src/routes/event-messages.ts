import { randomUUID } from "node:crypto";
import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { messageJson } from "../event/event-messages.js";
import { publishEvent } from "../event/publish-event.js";
import { readIncomingEvent } from "../event/incoming-event.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { numberParameter } from "./parameters.js";

const PAGE = 20;
const page = z.object({ from: numberParameter(0), size: numberParameter(1) });
const pageOf = ({ from = 0, size = PAGE }: z.output<typeof page>) => ({
  offset: from,
  limit: Math.min(size, 100),
});

export function eventMessageRoutes(app: GatewayApp, services: ConductorServices): void {
  const { client, eventHandlers, eventMessages } = services;

  /** Every handler with how many messages came while it was active. */
  const statistics = async () => {
    const handlers = await eventHandlers.list();
    const results = handlers.map(async ({ name, event, active, actions }) => ({
      ...{ name, event, active, numberOfActions: actions.length },
      numberOfMessages: await eventMessages.count({ eventHandler: name }),
    }));
    return { totalHits: handlers.length, results: await Promise.all(results) };
  };

  app.post(
    "/event/handleIncomingEvent",
    conductorRoute("handleIncomingEvent", changes("signaller"), {
      summary: "Hand over a message of an event",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const message = readIncomingEvent(request.body, randomUUID);
      request.auditObject = message.event;
      await publishEvent(client, message);
      return reply.send();
    },
  );

  app.get(
    "/event/execution",
    conductorRoute("listEventStatistics", reads("reader"), {
      summary: "Event handlers with the number of their messages",
    }),
    statistics,
  );

  app.get(
    "/event/execution/:eventHandlerName",
    conductorRoute("listEventExecutions", reads("reader"), {
      summary: "What became of the actions of a handler, by message, newest first",
      params: z.object({ eventHandlerName: z.string() }),
      querystring: page,
    }),
    async (request) => {
      const { eventHandlerName: name } = request.params;
      const messages = await eventMessages.page({ eventHandler: name }, pageOf(request.query));
      return messages.flatMap(({ executions, payload }) =>
        executions
          .filter((execution) => execution.name === name)
          .map((execution) => ({ ...execution, payload, fullMessagePayload: payload })),
      );
    },
  );

  app.get(
    "/event/message",
    conductorRoute("listMessageStatistics", reads("reader"), {
      summary: "Event handlers with the number of their messages",
    }),
    statistics,
  );

  app.get(
    "/event/message/:event",
    conductorRoute("listEventMessages", reads("reader"), {
      summary: "Messages of an event, newest first",
      params: z.object({ event: z.string().describe("`provider:destination`") }),
      querystring: page,
    }),
    async (request) => {
      const { event } = request.params;
      return (await eventMessages.page({ event }, pageOf(request.query))).map(messageJson);
    },
  );
}
