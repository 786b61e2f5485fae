import { reads, type GatewayApp } from "@heddle/gateway";
import { InvalidArgumentError } from "@heddle/protocol";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { PolledTask } from "../workers/task-poller.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { giveBackUndelivered } from "./delivered-tasks.js";
import { numberParameter } from "./parameters.js";

const DEFAULT_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;
const MAX_COUNT = 1_000;

const taskType = z.object({ taskType: z.string().describe("Type of the tasks, the name of a SIMPLE one") });
const who = {
  workerid: z.string().max(256).default(""),
  domain: z.string().max(256).optional(),
  timeout: numberParameter(0).describe("Longest wait for a task, in ms; 5000 at most. Without it: 100"),
};

interface Asked {
  readonly taskType: string;
  readonly workerid: string;
  readonly domain?: string | undefined;
  readonly timeout?: number | undefined;
  readonly count?: number | undefined;
}

/** Workers fetch tasks. A task whose answer cannot be delivered is in its queue again at once. */
export function pollTaskRoutes(app: GatewayApp, { poller, drain }: ConductorServices): void {
  const poll = async (asked: Asked, reply: FastifyReply): Promise<PolledTask[]> => {
    const { timeout: waitMs = DEFAULT_WAIT_MS, count = 1, workerid: workerId, domain } = asked;
    assertWithin("timeout", waitMs, MAX_WAIT_MS);
    assertWithin("count", count, MAX_COUNT);
    if (drain.hasBegun) return [];
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    const forget = drain.onBegin(stop);
    reply.raw.once("close", stop);
    const tasks = await poller
      .poll({
        ...{ taskType: asked.taskType, workerId, count, waitMs, stop: stopping.signal },
        domain: domain === "" ? undefined : domain,
      })
      .finally(() => {
        forget();
        reply.raw.off("close", stop);
      });
    giveBackUndelivered(reply, poller, tasks);
    return tasks;
  };

  app.get(
    "/tasks/poll/batch/:taskType",
    conductorRoute("pollTasks", reads("worker"), {
      summary: "Take tasks of a type; waits for the first",
      params: taskType,
      querystring: z.object({ ...who, count: numberParameter(1) }),
    }),
    async (request, reply) => {
      const tasks = await poll({ ...request.query, ...request.params }, reply);
      return tasks.map(({ task }) => task);
    },
  );

  app.get(
    "/tasks/poll/:taskType",
    conductorRoute("pollTask", reads("worker"), {
      summary: "Take a task of a type; 204 when there is none",
      params: taskType,
      querystring: z.object(who),
    }),
    async (request, reply) => {
      const [polled] = await poll({ ...request.query, ...request.params }, reply);
      return polled === undefined ? reply.code(204).send() : polled.task;
    },
  );
}

function assertWithin(field: string, value: number, most: number): void {
  if (value <= most) return;
  throw new InvalidArgumentError(`${field} is ${value}; it must be at most ${most}`, { details: { field } });
}
