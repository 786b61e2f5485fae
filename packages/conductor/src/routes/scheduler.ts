import { changes, reads, type GatewayApp } from "@heddle/gateway";
import { PermissionDeniedError } from "@heddle/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { wholeNumber } from "../definition/json-bean.js";
import { searchScheduleExecutions } from "../scheduler/schedule-executions.js";
import { scheduleTags } from "../scheduler/schedule-tags.js";
import { nextRuns } from "../scheduler/schedule-timing.js";
import { bulk, bulkIds } from "./bulk-answer.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { numberParameter } from "./parameters.js";
import { MAX_SUMMARIES, searchParameters } from "./search-parameters.js";

const MAX_NEXT_RUNS = 1_000;
const schedulePath = z.object({ name: z.string().describe("Name of the schedule") });

export function schedulerRoutes(app: GatewayApp, services: ConductorServices): void {
  const { client, definitions, scheduler } = services;

  app.post(
    "/scheduler/schedules",
    conductorRoute("saveSchedule", changes("operator"), {
      summary: "Create a schedule or replace the one of its name",
      body: z.unknown(),
    }),
    async (request, reply) => {
      const schedule = await definitions.schedule(request.body);
      request.auditObject = schedule.name;
      await scheduler.save(schedule);
      return reply.send();
    },
  );
  app.get(
    "/scheduler/schedules",
    conductorRoute("listSchedules", reads("reader"), {
      summary: "All schedules, or those of a definition",
      querystring: z.object({ workflowName: z.string().optional() }),
    }),
    ({ query }) => scheduler.all(query.workflowName),
  );
  app.get(
    "/scheduler/schedules/search",
    conductorRoute("searchSchedules", reads("reader"), {
      summary: "Find schedules",
      querystring: searchParameters(MAX_SUMMARIES).extend({
        workflowName: z.string().optional(),
        scheduleName: z.string().optional(),
      }),
    }),
    ({ query }) => scheduler.search(query),
  );
  app.get(
    "/scheduler/schedules/:name",
    conductorRoute("getSchedule", reads("reader"), { summary: "A schedule", params: schedulePath }),
    ({ params }) => scheduler.get(params.name),
  );
  app.delete(
    "/scheduler/schedules/:name",
    conductorRoute("deleteSchedule", changes("operator"), {
      summary: "Delete a schedule; what it started goes on",
      params: schedulePath,
    }),
    async ({ params }, reply) => {
      await scheduler.delete(params.name);
      return reply.send();
    },
  );

  const tagsPath = "/scheduler/schedules/:name/tags";
  app.get(
    tagsPath,
    conductorRoute("getScheduleTags", reads("reader"), {
      summary: "Tags of a schedule",
      params: schedulePath,
    }),
    ({ params }) => scheduler.tags(params.name),
  );
  app.put(
    tagsPath,
    conductorRoute("setScheduleTags", changes("operator"), {
      summary: "Give a schedule these tags in place of those that it has",
      params: schedulePath,
      body: scheduleTags,
    }),
    async ({ params, body }, reply) => {
      await scheduler.setTags(params.name, body);
      return reply.send();
    },
  );
  app.delete(
    tagsPath,
    conductorRoute("removeScheduleTags", changes("operator"), {
      summary: "Take these tags from a schedule",
      params: schedulePath,
      body: scheduleTags,
    }),
    async ({ params, body }, reply) => {
      await scheduler.removeTags(params.name, body);
      return reply.send();
    },
  );

  // Clients of different ages use one or the other verb.
  for (const method of ["GET", "PUT"] as const) {
    app.route({
      ...{ method, url: "/scheduler/schedules/:name/pause", onRequest: refuseCrossSite },
      ...conductorRoute(`pauseSchedule${method}`, changes("operator"), {
        summary: "Pause a schedule",
        params: schedulePath,
        querystring: z.object({ reason: z.string().optional() }),
      }),
      handler: async ({ params, query }, reply) => {
        await scheduler.pause(params.name, query.reason);
        return reply.send();
      },
    });
    app.route({
      ...{ method, url: "/scheduler/schedules/:name/resume", onRequest: refuseCrossSite },
      ...conductorRoute(`resumeSchedule${method}`, changes("operator"), {
        summary: "Let a schedule tick on from now",
        params: schedulePath,
      }),
      handler: async ({ params }, reply) => {
        await scheduler.resume(params.name);
        return reply.send();
      },
    });
  }
  for (const act of ["pause", "resume"] as const) {
    app.put(
      `/scheduler/bulk/${act}`,
      conductorRoute(act === "pause" ? "pauseSchedules" : "resumeSchedules", changes("operator"), {
        summary: `${act === "pause" ? "Pause" : "Resume"} several schedules`,
        body: bulkIds,
      }),
      ({ body }) => bulk(body, (name) => scheduler[act](name)),
    );
    app.get(`/scheduler/admin/${act}`, {
      onRequest: refuseCrossSite,
      ...conductorRoute(act === "pause" ? "pauseAllSchedules" : "resumeAllSchedules", changes("operator"), {
        summary: act === "pause" ? "Pause all schedules" : "Resume those that were paused with all",
      }),
      handler: async (_request, reply) => {
        await scheduler[act === "pause" ? "pauseAll" : "resumeAll"]();
        return reply.send();
      },
    });
  }
  app.get(
    "/scheduler/admin/requeue",
    conductorRoute("requeueSchedules", reads("operator"), {
      summary: "Does nothing: no tick of a schedule can be lost",
    }),
    (_request, reply) => reply.send(),
  );

  app.get(
    "/scheduler/nextFewSchedules",
    conductorRoute("nextFewSchedules", reads("reader"), {
      summary: "When a cron expression ticks next, in epoch ms",
      querystring: z.object({
        cronExpression: z.string().min(1),
        zoneId: z.string().optional(),
        scheduleStartTime: numberParameter(0),
        scheduleEndTime: numberParameter(0),
        limit: wholeNumber(1)
          .refine((limit) => limit <= MAX_NEXT_RUNS, `limit must be 1 to ${MAX_NEXT_RUNS}`)
          .default(5)
          .meta({ type: "integer", minimum: 1, maximum: MAX_NEXT_RUNS, default: 5 }),
      }),
    }),
    ({ query }) => nextRuns(query),
  );
  app.get(
    "/scheduler/search/executions",
    conductorRoute("searchScheduleExecutions", reads("reader"), {
      summary: "What schedules started, tick by tick",
      querystring: searchParameters(MAX_SUMMARIES),
    }),
    ({ query }) => searchScheduleExecutions(client, query),
  );
}

/**
 * A GET that changes something: a page of another site could have its reader's browser send it. Browsers say so; nobody
 * else sends this header.
 */
function refuseCrossSite(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: (refusal?: Error) => void,
): void {
  const site = request.headers["sec-fetch-site"];
  const isOwn = site === undefined || site === "same-origin" || site === "none";
  if (isOwn) done();
  else
    done(
      new PermissionDeniedError("a page of another site may not call this; call it from the server's own", {
        details: { field: "sec-fetch-site" },
      }),
    );
}
