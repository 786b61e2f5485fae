import { changes, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { readTaskResult } from "../definition/task-result.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { giveBackUndelivered } from "./delivered-tasks.js";

/** Workers that end a task take the next one with the same call. */
export function updateAndPollRoutes(app: GatewayApp, { results, poller, drain }: ConductorServices): void {
  app.post(
    "/tasks/update-v2",
    conductorRoute("updateTaskAndPoll", changes("worker"), {
      summary: "As POST /tasks, and take the next task of that type when this one has ended",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const result = readTaskResult(request.body);
      request.auditObject = result.workflowInstanceId;
      const source = await results.take(result);
      if (source === undefined || drain.hasBegun) return reply.code(204).send();
      const next = await poller.poll({
        ...source,
        workerId: result.workerId ?? "",
        ...{ count: 1, waitMs: 0, stop: new AbortController().signal },
      });
      giveBackUndelivered(reply, poller, next);
      return next[0] === undefined ? reply.code(204).send() : next[0].task;
    },
  );
}
