import { reads, type GatewayApp } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";

const MOST_TYPES = 500;

/** How much waits, and who polls. */
export function taskQueueRoutes(app: GatewayApp, { taskQueues }: ConductorServices): void {
  if (taskQueues === undefined) return;

  app.get(
    "/tasks/queue/sizes",
    conductorRoute("getQueueSizes", reads("reader"), {
      summary: "Waiting tasks by queue: `type`, or `domain:type`",
      querystring: z.object({
        taskType: z.preprocess(
          (value): unknown => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
          z.array(z.string().min(1)).max(MOST_TYPES),
        ),
      }),
    }),
    async (request) => {
      const types = [...new Set(request.query.taskType)];
      const sizes = await Promise.all(
        types.map(async (type) => [type, await taskQueues.sizeOf(type)] as const),
      );
      return Object.fromEntries(sizes);
    },
  );

  app.get(
    "/tasks/queue/size",
    conductorRoute("getQueueSize", reads("reader"), {
      summary: "Waiting tasks of a type",
      querystring: z.object({ taskType: z.string().min(1), domain: z.string().optional() }),
    }),
    async (request, reply) => {
      const size = await taskQueues.size(request.query.taskType, request.query.domain);
      return reply.type("application/json").send(String(size));
    },
  );

  app.get(
    "/tasks/queue/all",
    conductorRoute("getAllQueues", reads("reader"), { summary: "Waiting tasks by queue" }),
    async () => Object.fromEntries((await taskQueues.sizes()).map(({ name, waiting }) => [name, waiting])),
  );

  app.get(
    "/tasks/queue/all/verbose",
    conductorRoute("getAllQueuesVerbose", reads("reader"), { summary: "Waiting and fetched tasks by queue" }),
    async () =>
      Object.fromEntries(
        (await taskQueues.sizes()).map(({ name, waiting: size, active: uacked }) => [
          name,
          { a: { size, uacked } },
        ]),
      ),
  );

  app.get(
    "/tasks/queue/polldata",
    conductorRoute("getPollData", reads("reader"), {
      summary: "Who polled a type, and when last",
      querystring: z.object({ taskType: z.string().min(1) }),
    }),
    (request) => taskQueues.pollData(request.query.taskType),
  );

  app.get(
    "/tasks/queue/polldata/all",
    conductorRoute("getAllPollData", reads("reader"), { summary: "Who polled, and when last" }),
    () => taskQueues.pollData(),
  );

  app.post(
    "/tasks/queue/requeue/:taskType",
    conductorRoute("requeueTasks", reads("operator"), {
      summary: "How many tasks of a type wait; those that were lost come back by themselves",
      params: z.object({ taskType: z.string() }),
    }),
    async (request, reply) => {
      const size = await taskQueues.size(request.params.taskType);
      return reply.type("text/plain").send(String(size));
    },
  );
}
