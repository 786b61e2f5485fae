import type { WatchUpdate, WorkflowClient } from "@heddle/core";
import type { GatewayApp } from "../gateway-app.js";
import { type EventStreams, STREAM_REPLIES } from "../live/event-streams.js";
import { lastEventIdHeader } from "../live/last-event-id.js";
import type { ServerSentEvent } from "../live/server-sent-event.js";
import { filterParameters } from "./parameters.js";
import { filterOf } from "./search-fields.js";

/** Those of a list that a change alone decides. */
const watchParameters = filterParameters.pick({
  status: true,
  type: true,
  createdFrom: true,
  createdTo: true,
  idPrefix: true,
});

export function watchWorkflows(api: GatewayApp, client: WorkflowClient, streams: EventStreams): void {
  api.get(
    "/workflows/stream",
    {
      schema: {
        operationId: "watchWorkflows",
        summary: "Changes of workflows as they happen",
        description:
          "Server-sent events: `watching` once (a list read after it misses no change), `change` for a run that was started " +
          "or has another status, `reset` when changes were missed (list again), `reconnect` when the gateway drains, and " +
          "`problem`. A reader that comes back with `Last-Event-ID` gets what it has not, once.",
        tags: ["workflows"],
        headers: lastEventIdHeader,
        querystring: watchParameters,
        response: STREAM_REPLIES,
      },
    },
    async (request, reply) => {
      const after = request.headers["last-event-id"] || undefined;
      const { tags: _, version: __, attributes: ___, ...filter } = filterOf(request.query);
      await streams.send({ request, reply }, async function* (signal) {
        for await (const update of client.live.watch(filter, { after, signal })) yield eventOf(update);
      });
      return reply;
    },
  );
}

function eventOf({ cursor: id, ...update }: WatchUpdate): ServerSentEvent {
  switch (update.kind) {
    case "passed":
      return { id };
    case "watching":
    case "reset":
      return { event: update.kind, id, data: {} };
    case "changed": {
      const { createdAt, changedAt, ...change } = update.change;
      const times = { createdAt: createdAt.toISOString(), changedAt: changedAt.toISOString() };
      return { event: "change", id, data: { ...change, ...times } };
    }
  }
}
