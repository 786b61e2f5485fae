import { randomUUID } from "node:crypto";
import { reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { appendTaskLog, readTaskLog } from "../workers/task-log.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";

const task = z.object({ id: z.string().describe("Task id") });

/** What workers write about a task: a thousand lines, for a week. */
export function taskLogRoutes(app: GatewayApp, { logs }: ConductorServices): void {
  app.get(
    "/tasks/:id/log",
    conductorRoute("getTaskLog", reads("reader"), { summary: "Lines of the log of a task", params: task }),
    async (request, reply) => {
      const lines = await readTaskLog(logs, request.params.id);
      return lines.length === 0 ? reply.code(204).send() : lines;
    },
  );

  app.post(
    "/tasks/:id/log",
    // As a heartbeat, it would push everything else out of the audit log.
    conductorRoute("logTask", reads("worker"), {
      summary: "Add a line to the log of a task: text, or JSON of a text",
      params: task,
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { body } = request;
      const log = typeof body === "string" ? body : JSON.stringify(body ?? "");
      const operationId = randomUUID();
      await appendTaskLog(logs, { taskId: request.params.id, operationId, lines: [{ log }] });
      return reply.send();
    },
  );
}
