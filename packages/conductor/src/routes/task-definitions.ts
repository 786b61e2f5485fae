import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { readTaskDef } from "../definition/read-request.js";
import type { TaskDef } from "../definition/task-def.js";
import { listBody } from "./body.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";

const typed = z.object({ name: z.string().describe("Task type: the name of the definition") });

export function taskDefinitionRoutes(app: GatewayApp, { metadata }: ConductorServices): void {
  app.post(
    "/metadata/taskdefs",
    conductorRoute("registerTasks", changes("operator"), {
      summary: "Register task definitions or replace them",
      body: z.unknown(),
    }),
    async (request, reply) => {
      // All are read before the first is written.
      const read = listBody("task definition", request.body).map(readTaskDef);
      for (const definition of read) await metadata.registerTask(definition, { nowMs: Date.now() });
      return reply.send();
    },
  );

  app.put(
    "/metadata/taskdefs",
    conductorRoute("updateTask", changes("operator"), {
      summary: "Replace a task definition",
      body: z.unknown(),
    }),
    async (request, reply) => {
      await metadata.registerTask(readTaskDef(request.body), { onlyKnown: true, nowMs: Date.now() });
      return reply.send();
    },
  );

  app.get(
    "/metadata/taskdefs",
    conductorRoute("listTaskDefinitions", reads("reader"), { summary: "All task definitions" }),
    async () => {
      const all: TaskDef[] = [];
      for await (const definition of metadata.tasks()) all.push(definition);
      return all;
    },
  );

  app.get(
    "/metadata/taskdefs/:name",
    conductorRoute("getTaskDefinition", reads("reader"), { summary: "A task definition", params: typed }),
    (request) => metadata.task(request.params.name),
  );

  app.delete(
    "/metadata/taskdefs/:name",
    conductorRoute("deleteTaskDefinition", changes("operator"), {
      summary: "Delete a task definition",
      params: typed,
    }),
    async (request, reply) => {
      await metadata.deleteTask(request.params.name);
      return reply.send();
    },
  );
}
