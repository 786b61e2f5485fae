import { changes, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { readTaskResult } from "../definition/read-request.js";
import type { TaskResult } from "../definition/task-result.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { giveBackUndelivered } from "./delivered-tasks.js";

/** Workers say how tasks ended, or that they go on. */
export function taskResultRoutes(app: GatewayApp, { results, poller, drain }: ConductorServices): void {
  app.post(
    "/tasks",
    conductorRoute("updateTask", changes("worker"), {
      summary: "Settle a task, keep it, or give it back to its queue; the output replaces what it has",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const result = readTaskResult(request.body);
      request.auditObject = result.workflowInstanceId;
      await results.take(result);
      return reply.type("text/plain").send(result.taskId);
    },
  );

  app.post(
    "/tasks/update-v2",
    conductorRoute("updateTaskAndPoll", changes("worker"), {
      summary: "The same, and take the next task of that type when this one has ended",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const result: TaskResult = readTaskResult(request.body);
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
