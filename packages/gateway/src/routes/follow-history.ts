import type { FollowedHistory, HistoryPlace, WorkflowClient } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { type EventStreams, STREAM_REPLIES } from "../live/event-streams.js";
import { lastEventIdHeader } from "../live/last-event-id.js";
import type { ServerSentEvent } from "../live/server-sent-event.js";
import { workflowPath } from "./parameters.js";
import { plainEntry } from "./workflow-history.js";

export function followHistory(api: GatewayApp, client: WorkflowClient, streams: EventStreams): void {
  api.get(
    "/workflows/:id/history/stream",
    {
      schema: {
        operationId: "followWorkflowHistory",
        summary: "History of a run, record by record as it is written",
        description:
          "Server-sent events: `record` (as an item of the history, with `runId`), `continued` (the workflow goes on as " +
          "the run `runId`, whose records follow), `end` with the last `status`, `reconnect` when the gateway drains, and " +
          "`problem`. A reader that comes back with `Last-Event-ID` gets what it has not, once; 204 when that was the end.",
        tags: ["workflows"],
        params: workflowPath,
        headers: lastEventIdHeader,
        querystring: z.strictObject({
          runId: z
            .string()
            .optional()
            .describe("This run; without it the current one. 404 when another has its place"),
        }),
        response: { ...STREAM_REPLIES, 204: z.null().describe("The last event that was taken was the end") },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { runId } = request.query;
      const after = placeOf(request.headers["last-event-id"]);
      if (after === "end") return reply.code(204).send(null);
      await streams.send({ request, reply }, async function* (signal) {
        for await (const update of client.live.followHistory(id, { runId, after, signal }))
          yield eventOf(update);
      });
      return reply;
    },
  );
}

function eventOf(update: FollowedHistory): ServerSentEvent {
  const { runId } = update.place;
  const id = idOf(update.place);
  switch (update.kind) {
    case "following":
      return {};
    case "entry":
      return { event: "record", id, data: { runId, ...(toPlainJson(plainEntry(update.entry)) as object) } };
    case "continued":
      return { event: "continued", id, data: { runId } };
    case "end":
      return { event: "end", id: `${id}:end`, data: { runId, status: update.status } };
  }
}

function idOf({ runId, length, firstRunId }: HistoryPlace): string {
  return `${runId}:${length}:${firstRunId}`;
}

function placeOf(lastEventId: string | undefined): HistoryPlace | "end" | undefined {
  if (lastEventId === undefined || lastEventId === "") return undefined;
  const match = /^([^:]+):(\d{1,15}):([^:]+)(:end)?$/.exec(lastEventId);
  const [, runId = "", length, firstRunId = "", end] = match ?? [];
  if (match === null) {
    throw new InvalidArgumentError("Last-Event-ID is none that this stream gave; begin again without it", {
      details: { field: "last-event-id" },
    });
  }
  return end === undefined ? { runId, firstRunId, length: Number(length) } : "end";
}
